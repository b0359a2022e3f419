import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'sqlite',
  schema: './src/infrastructure/sqlite/schema.ts',
  out: './drizzle/sqlite',
});
