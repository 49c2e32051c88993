// The custom element <llm-batch-calculator>: it owns what is typed, keeps its shadow root in step with the tree that
// the program draws, and tells the host. All that is computed is computed by the program, which every element of a
// page shares. Until that is here, the document that the build drew stands in, or its shape.

/** Filled in by the build. */
const BUILT = /* built */ {};

const TAG = 'llm-batch-calculator';
/** The element of embed.html: its own query says what attributes would, and it tells its frame's height. */
const ADDRESS = 'address';
const PAGE = new URL('./', import.meta.url);

let program;
/** The program, fetched once for all elements of the page. */
const fetchProgram = () => (program ??= import(new URL(BUILT.program, PAGE)));

let sheet;
/** A constructed sheet passes a host's strict style policy, which a <style> element would not. */
function styles() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(BUILT.styles);
  }
  return sheet;
}

/** The DOM of a tree: text is a string, an element is ["tag", {attributes}, …children]. */
function made(tree) {
  if (typeof tree === 'string') return document.createTextNode(tree);
  const [tag, attributes, ...children] = tree;
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (name !== 'value') put(element, name, value);
  element.append(...children.map(made));
  if ('value' in attributes) put(element, 'value', attributes.value);
  return element;
}

function put(element, name, value) {
  if (name === 'value' && element.localName !== 'option') element.value = value;
  else if (name === 'data-link') link(element, value);
  else element.setAttribute(name, value);
}

function link(element, hash) {
  element.href = new URL(hash, PAGE).href;
  element.target = '_blank';
  element.rel = 'noopener';
}

/** Makes `node`, which shows `before`, show `after`; what is equal is left alone, and so are focus and selection. */
function patched(node, before, after, busy) {
  if (typeof before === 'string' || typeof after === 'string' || before[0] !== after[0]) {
    if (before !== after) node.replaceWith(made(after));
    return;
  }
  for (let at = 2; at < Math.max(before.length, after.length); at++) {
    if (at >= before.length) node.append(made(after[at]));
    else if (at >= after.length) node.lastChild.remove();
    else patched(node.childNodes[at - 2], before[at], after[at], busy);
  }
  for (const name of Object.keys(before[1])) if (!(name in after[1])) node.removeAttribute(name);
  for (const [name, value] of Object.entries(after[1])) {
    // What a person is typing stays as it is typed.
    if (name === 'value' ? node !== busy && (node.value ?? '') !== value : before[1][name] !== value) put(node, name, value);
  }
}

/** Thousands are separated while a box is looked at; in plain digits a further one can be typed anywhere. */
function ungroup(control) {
  if (control.localName === 'input' && /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(control.value)) {
    control.value = control.value.replaceAll(',', '');
    // Else the cursor stood behind the old number, and what is typed next would be appended to it.
    control.select();
  }
}

class LlmBatchCalculator extends HTMLElement {
  static observedAttributes = BUILT.attributes;

  /** The latest text of each figure, and the latest that could be read. */
  #text = new Map();
  #was = new Map();
  /** What the address says, where it counts; what is typed comes after it. */
  #address = '';
  #tree = BUILT.opening;
  #root;
  #shown;
  #estimate = null;
  #draw = null;
  #asked = false;
  #height;

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    this.#root.adoptedStyleSheets = [styles()];
    this.#root.addEventListener('input', event => this.#typed(event));
    this.#root.addEventListener('change', event => this.#typed(event));
    this.#root.addEventListener('keydown', event => this.#stepped(event));
    this.#root.addEventListener('focusin', event => ungroup(event.target));
    this.#root.addEventListener('focusout', () => this.#redraw());
  }

  /** What the last `change` event carried; null until the program is here. */
  get estimate() {
    return this.#estimate;
  }

  connectedCallback() {
    if (this.hasAttribute(ADDRESS)) this.#readAddress();
    if (!this.#shown) {
      this.#shown = made(this.#tree);
      // Other figures than the opening ones are not known yet: their places are kept, and nothing is claimed.
      const pending = this.#text.size > 0 || this.#address !== '';
      this.#shown.classList.toggle('pending', pending);
      this.#shown.toggleAttribute('inert', pending);
      this.#shown.ariaBusy = 'true';
      this.#root.append(this.#shown);
    }
    this.#watchHeight();
    fetchProgram().then(
      ({ draw }) => {
        this.#draw = draw;
        this.#redraw();
      },
      error => {
        this.#failed();
        throw error;
      },
    );
  }

  disconnectedCallback() {
    this.#height?.disconnect();
    this.#height = undefined;
  }

  attributeChangedCallback(name, _before, value) {
    if (value === null) this.#text.delete(name);
    else this.#text.set(name, value);
    this.#ask();
  }

  #readAddress() {
    this.#address = location.search.slice(1);
    const theme = new URLSearchParams(location.search).get('theme');
    if (theme) this.setAttribute('theme', theme);
  }

  #typed(event) {
    event.stopPropagation();
    const control = event.target;
    const { field, slider } = control.dataset;
    if (field) this.#text.set(field, control.value);
    if (field) this.#redraw(event.type === 'input' && control.localName === 'input' ? control : null);
    else if (slider) this.#redraw(null, [`stop.${slider}`, control.value]);
  }

  #stepped(event) {
    const direction = { ArrowUp: 'up', ArrowDown: 'down' }[event.key];
    const { field } = event.target.dataset;
    if (!direction || !field || event.target.localName !== 'input') return;
    event.preventDefault();
    this.#redraw(null, [`step.${field}`, direction]);
  }

  /** Several attributes that are set in a row are one question. */
  #ask() {
    if (this.#asked || !this.#draw) return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      this.#redraw();
    });
  }

  #redraw(busy = null, moved = null) {
    if (!this.#draw) return;
    const query = new URLSearchParams(moved ? [moved] : []);
    for (const [name, text] of this.#text) query.set(name, text);
    for (const [name, text] of this.#was) query.set(`was.${name}`, text);
    const { tree, detail, values, bad } = JSON.parse(this.#draw(`${this.#address}&${query}`, Date.now()));
    if (moved) {
      const name = moved[0].slice('stop.'.length);
      this.#text.set(name, values[name]);
    }
    // What is half typed was never meant: it doesn't stay in force when the rest of it can't be read.
    for (const [name, text] of busy ? [] : Object.entries(values)) if (!bad.includes(name)) this.#was.set(name, text);
    this.#shown.classList.remove('pending');
    this.#shown.removeAttribute('inert');
    this.#shown.ariaBusy = null;
    patched(this.#shown, this.#tree, tree, busy);
    this.#tree = tree;
    const before = JSON.stringify(this.#estimate);
    this.#estimate = detail;
    if (JSON.stringify(detail) !== before) {
      this.dispatchEvent(new CustomEvent('change', { detail, bubbles: true, composed: true }));
    }
  }

  #failed() {
    const note = document.createElement('p');
    note.className = 'failed';
    note.setAttribute('role', 'status');
    note.textContent = 'The calculator could not be loaded. Reload the page to try again.';
    this.#root.append(note);
  }

  /** A frame can't be as high as what it holds; the host, told how high that is, can make it so. */
  #watchHeight() {
    if (!this.hasAttribute(ADDRESS) || window.parent === window || this.#height) return;
    this.#height = new ResizeObserver(() => {
      const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
      // Any page may frame this one, and a height is no secret.
      window.parent.postMessage({ type: 'pennybatch:height', height }, '*');
    });
    this.#height.observe(document.documentElement);
  }
}

if (!customElements.get(TAG)) customElements.define(TAG, LlmBatchCalculator);
