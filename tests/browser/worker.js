// Loads the test program, says which tests it has, and runs the one that it is asked for.

import start, { names, run } from './tests.js';

addEventListener('unhandledrejection', event => postMessage({ failed: `unhandled rejection: ${event.reason}` }));
addEventListener('securitypolicyviolation', event => postMessage({ failed: `against the policy: ${event.violatedDirective}` }));
addEventListener('message', async ({ data }) => {
  try {
    await run(data);
    postMessage({ failed: null });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
});
await start({ module_or_path: new URL('tests.wasm', import.meta.url) });
postMessage({ names: names() });
