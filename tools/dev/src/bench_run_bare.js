// The least that could send these calls: a loop for each call in flight, in a module worker.
onmessage = async ({ data: step }) => {
  let next = 0;
  const loop = async () => {
    while (next < step.rows) {
      const row = next;
      next += 1;
      const body = JSON.stringify({
        model: 'gpt-4o-mini',
        messages: [{ role: 'system', content: step.system }, { role: 'user', content: `Row ${step.number}-${row}` }],
        max_tokens: 16,
      });
      const answer = await fetch(`${step.base_url}/chat/completions`, {
        method: 'POST', body, headers: { 'content-type': 'application/json' },
      });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      await answer.json();
    }
  };
  await Promise.all(Array.from({ length: step.in_flight }, loop));
  postMessage('done');
};
