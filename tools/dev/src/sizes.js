// Reads the paths of files from standard input, one a line, and prints their sizes as JSON: [raw, gzip, brotli] each.
const { readFileSync } = require('node:fs');
const { brotliCompressSync, gzipSync, constants } = require('node:zlib');

const sizes = readFileSync(0, 'utf8').split('\n').filter(path => path !== '').map(path => {
  const bytes = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 };
  return [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes, { params }).length];
});
console.log(JSON.stringify(sizes));
