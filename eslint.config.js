import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The direction of imports (docs/architecture.md): domain <- application <- infrastructure, interfaces;
 * composition (container.ts, tokens.ts, main.ts, index.ts) stands outside. test/arch checks the same by itself.
 */
const layer = (folder, forbidden, message) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          { regex: forbidden, message },
          { regex: '^inversify', message: 'Only src/container.ts uses the container.' },
        ],
      },
    ],
  },
});

const composition = '/(container|tokens|main|index)\\.js$';

export default tseslint.config(
  { ignores: ['dist', 'coverage', '.test-report', 'drizzle', 'bench/results'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-console': 'error',
    },
  },
  {
    // What runs in the browser; its names are checked with its types.
    files: ['src/interfaces/dashboard/assets/*.js'],
    rules: { 'no-undef': 'off', eqeqeq: 'error' },
  },
  { files: ['scripts/**/*.mjs'], languageOptions: { globals: { process: 'readonly', URL: 'readonly' } } },
  layer(
    'domain',
    '/(application|infrastructure|interfaces)/|' + composition,
    'The domain imports nothing but the domain.',
  ),
  layer(
    'application',
    '/(infrastructure|interfaces)/|' + composition,
    'The application imports the domain and itself; give it a port.',
  ),
  layer('infrastructure', '/interfaces/|' + composition, 'An adapter imports application and domain only.'),
  layer('webhooks', '^(?!\\./)', 'It runs in the programs of others, where there may be no Node.js.'),
  layer('interfaces', '/infrastructure/|' + composition, 'An interface imports application and domain only.'),
);
