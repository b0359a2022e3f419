import { createServer } from 'node:http';
import express from 'express';
import { listen } from '../listen.js';

/** A stock Express server that parses JSON and sends it back; it stores nothing. */
process.env['NODE_ENV'] = 'production';
const app = express();
app.use(express.json());
app.post('/jobs', (request, response) => {
  response.status(201).json(request.body);
});
process.stdout.write(`${JSON.stringify({ url: await listen(createServer(app)) })}\n`);
