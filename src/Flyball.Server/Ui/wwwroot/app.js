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

  // A page that says it is live is fetched again when the journal grows, at most once a second, and only what changed is replaced.
  document.addEventListener('DOMContentLoaded', () => {
    if (document.querySelector('main[data-live]') === null) return;
    let waiting = false;
    const refresh = async () => {
      waiting = false;
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null);
      if (!answer || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
      const now = document.querySelector('main');
      if (!fresh || (document.activeElement?.closest('form') && document.activeElement.type !== 'checkbox')) return;
      // what a person opened stays open, and what was chosen stays chosen
      const focused = document.activeElement?.type === 'checkbox' ? document.activeElement.value : null;
      for (const details of now.querySelectorAll('details[id][open]')) fresh.querySelector(`#${details.id}`)?.setAttribute('open', '');
      const chosen = new Set([...now.querySelectorAll('input[name=runs]:checked')].map(box => box.value));
      const [a, b] = [[...now.children], [...fresh.children]];
      if (a.length !== b.length) now.replaceChildren(...b);
      else a.forEach((element, i) => { if (element.outerHTML !== b[i].outerHTML && !element.querySelector('traffic-line')) element.replaceWith(b[i]); });
      for (const box of now.querySelectorAll('input[name=runs]')) {
        if (chosen.has(box.value)) box.checked = true;
        if (box.value === focused) box.focus({ preventScroll: true });
      }
      tellChosen();
    };
    const every = Number(document.querySelector('main').dataset.every);
    if (every) setInterval(() => { if (!document.hidden) refresh(); }, every * 1000);
    const stream = new EventSource('/api/journal/live');
    stream.addEventListener('grown', () => { if (!waiting) { waiting = true; setTimeout(refresh, 1000); } });
    addEventListener('pagehide', () => stream.close());
  });

  // <traffic-line deployment="name">: requests per second of the last minute.
  customElements.define('traffic-line', class extends HTMLElement {
    connectedCallback() { this.draw(); this.timer = setInterval(() => this.draw(), 2000); }
    disconnectedCallback() { clearInterval(this.timer); }
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
