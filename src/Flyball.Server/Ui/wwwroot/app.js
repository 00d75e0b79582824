// Theme before the first paint, forms, live pages, and a small element that draws what the public API gives; plots.js has those that pages with curves need. Everything else is rendered on the server.
(() => {
  const root = document.documentElement;
  const kept = localStorage.getItem('theme');
  if (kept) root.dataset.theme = kept;
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.addEventListener('click', event => {
    if (!event.target.closest('[data-theme-toggle]')) return;
    root.dataset.theme = dark() ? 'light' : 'dark';
    localStorage.setItem('theme', root.dataset.theme);
  });

  // What is left empty does not clutter the address.
  document.addEventListener('formdata', event => {
    if (event.target.method !== 'get') return;
    for (const name of new Set([...event.formData.keys()])) {
      const values = event.formData.getAll(name).filter(value => value !== '');
      event.formData.delete(name);
      values.forEach(value => event.formData.append(name, value));
    }
    // a form that sets a part of the page's state leaves the rest as the address has it now
    if (event.target.dataset.state === undefined) return;
    const own = new Set([...event.target.elements].filter(element => element.type !== 'hidden').map(element => element.name));
    for (const name of new Set([...event.formData.keys()])) if (!own.has(name)) event.formData.delete(name);
    for (const [name, value] of new URLSearchParams(location.search)) if (!own.has(name)) event.formData.append(name, value);
  });
  document.addEventListener('change', event => { if (event.target.matches('select[data-go]')) event.target.form.requestSubmit(); });

  // Tables of runs: a box for all of a page, and how many are chosen.
  const tellChosen = () => document.querySelectorAll('form.runs').forEach(form => {
    const [all, chosen] = [form.querySelectorAll('input[name=runs]').length, form.querySelectorAll('input[name=runs]:checked').length];
    form.querySelector('[data-chosen]').textContent = chosen > 0 ? `${chosen} chosen` : 'choose runs by their boxes';
    const box = form.querySelector('[data-check-all]');
    [box.checked, box.indeterminate] = [chosen > 0 && chosen === all, chosen > 0 && chosen < all];
  });
  document.addEventListener('change', event => {
    if (event.target.matches('[data-check-all]')) event.target.form.querySelectorAll('input[name=runs]').forEach(box => { box.checked = event.target.checked; });
    if (event.target.matches('form.runs input[type=checkbox]')) tellChosen();
  });
  addEventListener('pageshow', tellChosen);

  // A picture that is wider than the screen starts at what it is about.
  addEventListener('DOMContentLoaded', () => document.querySelectorAll('.scroll .root').forEach(root => root.scrollIntoView({ block: 'nearest', inline: 'center' })));

  // Whether a person is at a form, or has changed something in it that is not sent yet.
  const isTouched = form => form.contains(document.activeElement) || [...form.elements].some(field =>
    field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked
      : field.options ? [...field.options].some(option => option.selected !== (option.defaultSelected || (option.index === 0 && !field.multiple && !field.querySelector('[selected]'))))
        : field.defaultValue !== undefined && field.value !== field.defaultValue);
  const ownForm = 'form:not(.runs)';

  // What an element is, whatever stands in it and beside it.
  const identity = node => node.nodeType !== Node.ELEMENT_NODE ? node.nodeName : `${node.nodeName} ${node.id || node.getAttribute('src') || node.getAttribute('action')
    || node.querySelector(':scope > h2, :scope > h3, :scope > header h2, :scope > summary, :scope > legend')?.textContent || (node.matches('tr, li') && node.querySelector('a[href]')?.getAttribute('href')) || ''}`;

  // The places of the longest run of nodes that two lists have in common, in order (longest common subsequence).
  const common = (a, b) => {
    const pairs = [];
    let [start, aEnd, bEnd] = [0, a.length, b.length];
    while (start < aEnd && start < bEnd && a[start] === b[start]) pairs.push([start, start++]);
    const tail = [];
    while (aEnd > start && bEnd > start && a[aEnd - 1] === b[bEnd - 1]) tail.unshift([--aEnd, --bEnd]);
    const [n, m] = [aEnd - start, bEnd - start];
    if (n > 0 && m > 0 && n * m <= 4e6) {
      const lengths = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
      for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) lengths[i][j] = a[start + i] === b[start + j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
      for (let i = 0, j = 0; i < n && j < m;) {
        if (a[start + i] === b[start + j]) pairs.push([start + i++, start + j++]);
        else if (lengths[i + 1][j] >= lengths[i][j + 1]) i++;
        else j++;
      }
    }
    return [...pairs, ...tail];
  };

  // What may become another of its kind: a row of a table or list about one thing never becomes one about another.
  const kind = node => node.nodeType === Node.ELEMENT_NODE && node.matches('tr, li') ? identity(node) : node.nodeName;

  // Which of the nodes that are shown becomes which of the fresh ones: the same thing, else one of the same kind in the same place.
  const align = (a, b) => {
    const pairs = [];
    let [i, j] = [0, 0];
    for (const [x, y] of [...common(a.map(identity), b.map(identity)), [a.length, b.length]]) {
      const [before, after] = [a.slice(i, x), b.slice(j, y)];
      for (const [k, l] of common(before.map(kind), after.map(kind))) pairs.push([before[k], after[l]]);
      if (x < a.length) pairs.push([a[x], b[y]]);
      [i, j] = [x + 1, y + 1];
    }
    return pairs;
  };

  // Gives what is shown the shape of what is fresh. What is the same stays as it is: what a person has opened, typed or scrolled to. Elements that draw themselves are told to look again.
  const settle = (shown, fresh) => {
    if (shown.isEqualNode(fresh) || (shown.matches?.(ownForm) && isTouched(shown))) return;
    if (shown.nodeName !== fresh.nodeName || shown.nodeType !== Node.ELEMENT_NODE) { shown.replaceWith(fresh); return; }
    if (shown.refresh) { shown.refresh(fresh); return; }
    let changed = false;
    for (const { name } of [...shown.attributes]) if (name !== 'open' && !fresh.hasAttribute(name)) { shown.removeAttribute(name); changed = true; }
    for (const { name, value } of fresh.attributes) if (shown.getAttribute(name) !== value) { shown.setAttribute(name, value); changed = true; }
    // a field that was changed and changed back follows its attributes no more by itself
    if (changed && shown.form?.matches(ownForm)) for (const [name, initial] of [['checked', 'defaultChecked'], ['selected', 'defaultSelected'], ['value', 'defaultValue']]) if (initial in shown) shown[name] = shown[initial];
    // filled by <traffic-line>
    if (shown.dataset.traffic !== undefined) return;
    const before = [...shown.childNodes];
    const pairs = align(before, [...fresh.childNodes]);
    const [stays, paired] = [new Map(pairs.map(([old, node]) => [node, old])), new Set(pairs.map(([old]) => old))];
    for (const node of before) {
      if (paired.has(node)) continue;
      if (node.nodeType !== Node.ELEMENT_NODE || ![...(node.matches(ownForm) ? [node] : node.querySelectorAll(ownForm))].some(isTouched)) node.remove();
    }
    let place = shown.firstChild;
    for (const node of [...fresh.childNodes]) {
      const old = stays.get(node);
      if (old) place = old.nextSibling;
      else shown.insertBefore(node, place);
    }
    for (const [old, node] of pairs) settle(old, node);
  };

  // A page that says it is live is fetched again when the journal grows, at most once a second, and only what changed is replaced.
  document.addEventListener('DOMContentLoaded', () => {
    const now = document.querySelector('main[data-live]');
    if (now === null) return;
    let [waiting, timer] = [false, 0];
    const stream = new EventSource('/api/journal/live');
    const refresh = async () => {
      waiting = false;
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null);
      if (!answer || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
      if (!fresh) return;
      // scripts of a document that was only parsed do not run
      for (const script of fresh.querySelectorAll('script[src]')) {
        if (document.querySelector(`script[src="${CSS.escape(script.getAttribute('src'))}"]`)) continue;
        document.head.append(Object.assign(document.createElement('script'), { src: script.src }));
      }
      const focused = document.activeElement?.type === 'checkbox' ? document.activeElement.value : null;
      const chosen = new Set([...now.querySelectorAll('input[name=runs]:checked')].map(box => box.value));
      settle(now, fresh);
      for (const box of now.querySelectorAll('input[name=runs]')) {
        box.checked = chosen.has(box.value);
        if (box.value === focused) box.focus({ preventScroll: true });
      }
      tellChosen();
      if (now.dataset.live === undefined) { clearInterval(timer); stream.close(); }
    };
    if (now.dataset.every) timer = setInterval(() => { if (!document.hidden) refresh(); }, Number(now.dataset.every) * 1000);
    stream.addEventListener('grown', () => { if (!waiting) { waiting = true; setTimeout(refresh, 1000); } });
    addEventListener('pagehide', () => stream.close());
  });

  // <traffic-line deployment="name">: requests per second of the last minute.
  customElements.define('traffic-line', class extends HTMLElement {
    connectedCallback() { this.draw(); this.timer = setInterval(() => this.draw(), 2000); }
    disconnectedCallback() { clearInterval(this.timer); }
    refresh() { }
    async draw() {
      const answer = await fetch(`/api/deployments/${encodeURIComponent(this.getAttribute('deployment'))}/traffic`).catch(() => null);
      if (!answer || !answer.ok) return;
      const traffic = await answer.json();
      const values = traffic.perSecond, top = Math.max(1, ...values);
      const points = values.map((value, i) => `${(i * 600 / (values.length - 1)).toFixed(1)} ${(62 - value / top * 58).toFixed(1)}`);
      this.innerHTML = `<svg class="spark" viewBox="0 0 600 64" preserveAspectRatio="none" role="img" aria-label="Requests per second"><path class="area" d="M0 64L${points.join('L')}L600 64Z"/><path d="M${points.join('L')}"/></svg>`;
      const say = (name, text) => document.querySelectorAll(`[data-traffic="${name}"]`).forEach(element => { element.textContent = text; });
      const milli = value => typeof value === 'number' ? (value < 10 ? value.toFixed(2) : value.toFixed(0)) : '–';
      say('requests', traffic.requests.toLocaleString('en')); say('refused', traffic.refused.toLocaleString('en')); say('failed', traffic.failed.toLocaleString('en'));
      say('p50', milli(traffic.p50Ms)); say('p99', milli(traffic.p99Ms)); say('now', values[values.length - 1] ?? 0);
    }
  });
})();
