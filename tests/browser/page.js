// `runTest(name)` runs one of the tests in a fresh worker and resolves with null, or with the reason of its failure.

globalThis.runTest = name => new Promise(resolve => {
  const worker = new Worker(`worker.js${location.search}`, { type: 'module' });
  // A panic ends the program, so its promise never settles; the error event is all that comes.
  worker.addEventListener('error', event => resolve(event.message || 'the worker could not be started'));
  worker.addEventListener('message', ({ data }) => {
    if (data.names) worker.postMessage(name);
    else resolve(data.failed);
  });
});

globalThis.testNames = () => new Promise((resolve, reject) => {
  const worker = new Worker('worker.js', { type: 'module' });
  worker.addEventListener('error', event => reject(new Error(event.message)));
  worker.addEventListener('message', ({ data }) => resolve(data.names));
});
