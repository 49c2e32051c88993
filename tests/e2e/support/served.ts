// The page as its host serves it, but with a test's own lines before the worker's script: a clock that runs fast, a
// thread that dies. Every header stays as it is, the content security policy included; only that script isn't cached,
// since its lines may change.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  /** As `PENNYBATCH_PAGE`: with a slash at its end. */
  address: string;
  /** Before the script of every worker that starts from here on. */
  lines: string;
  /** Replaces the build by another one: the same files under other names, as a host does that keeps nothing of the last. */
  deploy: () => void;
  close: () => Promise<void>;
}

interface File {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const WORKER = /^\/worker-[0-9a-f]+\.js$/;
/** What describes the connection to the host, not the file. */
const NOT_PASSED_ON = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];
/** The same for every test of this process. */
const files = new Map<string, Promise<File>>();

export async function serve(page: string, lines: string): Promise<Served> {
  let deployed = false;
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', page).pathname;
    const path = deployed ? renamed(asked) : asked;
    const found = files.get(path) ?? fetched(page, path);
    files.set(path, found);
    found.then(file => send(response, path, deployed ? ofOtherBuild(file) : file, served.lines), error => {
      files.delete(path);
      response.writeHead(502).end(String(error));
    });
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const served = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    lines,
    deploy: () => { deployed = true; },
    close: () => new Promise<void>(closed => {
      server.close(() => closed());
      server.closeAllConnections();
    }),
  };
  return served;
}

/** A text with every hash of a file turned around. */
function renamed(text: string): string {
  return text.replace(/\b[0-9a-f]{12}\b/g, hash => [...hash].reverse().join(''));
}

function ofOtherBuild(file: File): File {
  const isText = /^text\//.test(file.headers['content-type'] ?? '');
  return isText ? { ...file, body: Buffer.from(renamed(file.body.toString())) } : file;
}

async function fetched(page: string, path: string): Promise<File> {
  const answer = await fetch(new URL(path, page));
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !NOT_PASSED_ON.includes(name)));
  return { status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()) };
}

function send(response: ServerResponse, path: string, { status, headers, body }: File, lines: string): void {
  if (WORKER.test(path)) {
    response.writeHead(status, { ...headers, 'cache-control': 'no-store' }).end(Buffer.concat([Buffer.from(lines), body]));
  } else {
    response.writeHead(status, headers).end(body);
  }
}
