// The elements of the page that compares runs: curves of a metric, and parallel coordinates whose axes can be brushed. Their state is in the address.
(() => {
  const svg = (name, attributes = {}, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  // Numbers as the server writes them, nearly.
  const short = value => value === 0 ? '0' : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? value.toExponential(2).replace(/\.?0+e/, 'e') : String(Number(value.toPrecision(4)));
  const niceTicks = (low, high, count) => {
    if (!(high - low > Math.max(Math.abs(low), Math.abs(high)) * 1e-12) || !isFinite(high - low)) return [low];
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(size => size >= raw * 0.999) ?? power;
    const ticks = [];
    for (let i = 0, first = Math.ceil(low / step), tick; i < 50 && (tick = (first + i) * step) <= high + step / 1e6; i++) ticks.push(Math.abs(tick) < step / 1e6 ? 0 : tick);
    return ticks;
  };
  const decades = (low, high) => {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) for (const factor of high / low > 1e3 ? [1] : [1, 2, 5]) ticks.push(factor * 10 ** power);
    return ticks.filter(tick => tick >= low && tick <= high);
  };
  const span = seconds => seconds < 100 ? `${short(seconds)} s` : seconds < 6000 ? `${short(seconds / 60)} min` : seconds < 200000 ? `${short(seconds / 3600)} h` : `${short(seconds / 86400)} d`;
  const clock = (at, wide) => new Date(at).toISOString().slice(...(wide > 3 * 86400e3 ? [0, 10] : wide > 120e3 ? [11, 16] : [11, 19])).replace('T', ' ');

  // The address without a reload, and without what is usual.
  const keep = (names, words) => {
    const address = new URL(location.href);
    for (const name of names) address.searchParams.delete(name);
    for (const [name, value] of words) if (value !== '' && !(name === 'smooth' && Number(value) === 0)) address.searchParams.append(name, value);
    history.replaceState(null, '', address);
  };

  // Exponential smoothing whose beginning is not drawn to zero, as TensorBoard has it.
  const smooth = (values, weight) => {
    let [last, n] = [0, 0];
    return values.map(value => {
      if (value === null || weight === 0) return value;
      last = last * weight + (1 - weight) * value;
      return last / (1 - weight ** ++n);
    });
  };

  // <metric-curves src="address">: the curves of a metric, one for each run. With over="relative" it keeps to that and no form changes it.
  customElements.define('metric-curves', class extends HTMLElement {
    connectedCallback() {
      this.heard ??= event => { if (this.form && event.target.form === this.form && event.target.name !== 'metric') this.change(); };
      document.addEventListener('input', this.heard);
      this.watch ??= new ResizeObserver(() => this.draw());
      this.watch.observe(this);
      // a run may have hundreds of metrics: those that nobody scrolls to are not asked for
      this.seeing ??= new IntersectionObserver(entries => { if (entries.some(entry => entry.isIntersecting)) { this.seeing.disconnect(); this.seen = true; this.read(); } }, { rootMargin: '600px' });
      this.seeing.observe(this);
    }

    // A page that is live: what is asked for may be another, and there may be more of it.
    refresh(fresh) {
      this.setAttribute('src', fresh.getAttribute('src'));
      if (this.seen) this.read();
    }

    async read() {
      const asked = this.asked = (this.asked ?? 0) + 1;
      const answer = await fetch(this.getAttribute('src')).catch(() => null);
      const text = answer?.ok ? await answer.text() : null;
      if (asked !== this.asked) return;
      if (text === null && !this.known) this.textContent = 'The curves could not be read.';
      if (text === null || text === this.known) return;
      this.known = text;
      this.curves = JSON.parse(text).curves;
      this.layOut();
      this.draw();
    }

    disconnectedCallback() { document.removeEventListener('input', this.heard); this.watch.disconnect(); this.seeing.disconnect(); }

    // The form beside the element, or that of the page.
    get form() { return this.hasAttribute('over') ? null : this.closest('section').querySelector('form') ?? document.querySelector('form[data-curves]'); }

    get state() {
      if (!this.form) return { over: this.getAttribute('over') || 'step', weight: 0, log: false };
      const data = new FormData(this.form);
      return { over: data.get('x') || 'step', weight: Number(data.get('smooth') ?? 0), log: data.get('log') === 'true' };
    }

    change() {
      keep(['x', 'smooth', 'log'], ['x', 'smooth', 'log'].map(name => [name, new FormData(this.form).get(name) ?? '']));
      this.draw();
    }

    layOut() {
      this.replaceChildren();
      this.frame = null;
      this.stepless = this.curves.every(curve => curve.step.every(step => step === curve.step[0]));
      if (this.curves.length === 0) { this.append(Object.assign(document.createElement('p'), { className: 'empty', textContent: 'None of these runs has logged it.' })); return; }
      if (this.curves.every(curve => curve.value.length < 2)) { this.append(Object.assign(document.createElement('p'), { className: 'empty', textContent: 'It was logged once by each run, so there are no curves; the plots below show it.' })); return; }
      this.frame = Object.assign(document.createElement('div'), { className: 'frame' });
      this.told = Object.assign(document.createElement('output'), { className: 'told small' });
      this.keys = Object.assign(document.createElement('ul'), { className: 'legend' });
      this.curves.forEach((curve, i) => {
        const item = document.createElement('li'), link = Object.assign(document.createElement('a'), { href: `/runs/${encodeURIComponent(curve.run)}`, textContent: curve.name, className: `key c${i % 8} d${Math.floor(i / 8) % 4}` });
        for (const name of ['pointerenter', 'focus']) link.addEventListener(name, () => this.light(i));
        for (const name of ['pointerleave', 'blur']) link.addEventListener(name, () => this.light(-1));
        item.append(link);
        this.keys.append(item);
      });
      this.append(this.frame, this.told);
      if (this.curves.length > 1 || this.closest('section').querySelector('form')) this.append(this.keys);
      this.frame.addEventListener('pointermove', event => this.point(event));
      this.frame.addEventListener('pointerleave', () => this.light(-1));
    }

    light(which, text = '') {
      this.classList.toggle('lit', which >= 0);
      this.querySelectorAll('.on').forEach(element => element.classList.remove('on'));
      if (which >= 0) this.querySelectorAll(`[data-curve="${which}"]`).forEach(element => element.classList.add('on'));
      this.told.textContent = text || '\u00a0';
    }

    draw() {
      if (!this.frame) return;
      const { over: asked, weight, log } = this.state;
      // what was logged without steps is drawn over the time
      const over = asked === 'step' && this.stepless ? 'relative' : asked;
      const [width, height, left, bottom] = [Math.max(220, this.clientWidth), this.clientWidth < 600 ? 240 : 360, 62, 30];
      let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
      this.drawn = this.curves.map(curve => {
        const first = Math.min(...curve.time);
        const xs = over === 'step' ? curve.step : over === 'time' ? curve.time : curve.time.map(at => (at - first) / 1000);
        const place = xs.map((x, i) => i).sort((a, b) => xs[a] - xs[b]);
        const raw = place.map(i => log && curve.value[i] <= 0 ? null : curve.value[i]);
        const values = smooth(raw, weight);
        place.forEach((i, n) => {
          if (values[n] === null) return;
          [x0, x1] = [Math.min(x0, xs[i]), Math.max(x1, xs[i])];
          [y0, y1] = [Math.min(y0, values[n]), Math.max(y1, values[n])];
        });
        return { xs: place.map(i => xs[i]), raw, values };
      });
      if (!Number.isFinite(y0)) { this.frame.textContent = log ? 'No value is above zero.' : 'No value is a finite number.'; return; }
      if (x0 === x1) [x0, x1] = [x0 - 0.5, x1 + 0.5];
      if (y0 === y1) [y0, y1] = log ? [y0 / 2, y1 * 2] : [y0 - 0.5, y1 + 0.5];
      const scale = log ? Math.log10 : value => value, margin = (scale(y1) - scale(y0)) * 0.04;
      this.x = x => left + (x - x0) / (x1 - x0) * (width - left - 14);
      this.y = y => height - bottom - (scale(y) - scale(y0) + margin) / (scale(y1) - scale(y0) + 2 * margin) * (height - bottom - 10);
      const picture = svg('svg', { class: 'plot', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${this.curves.length} curves over ${over}` });
      let ticks = log ? decades(y0, y1) : niceTicks(y0, y1, 5);
      if (ticks.length < 2) ticks = niceTicks(y0, y1, 5).filter(tick => !log || tick > 0);
      for (const tick of ticks) picture.append(svg('path', { class: 'grid', d: `M${left} ${this.y(tick)}H${width - 14}` }), svg('text', { x: left - 8, y: this.y(tick) + 4, 'text-anchor': 'end' }, short(tick)));
      const say = over === 'step' ? tick => tick.toLocaleString('en') : over === 'time' ? tick => clock(tick, x1 - x0) : span;
      const unit = over !== 'relative' || x1 < 100 ? 1 : x1 < 6000 ? 60 : x1 < 200000 ? 3600 : 86400;
      for (const tick of niceTicks(x0 / unit, x1 / unit, width < 600 ? 3 : 7).map(tick => tick * unit)) if (over !== 'step' || Number.isInteger(tick)) picture.append(svg('text', { x: this.x(tick), y: height - 8, 'text-anchor': 'middle' }, say(tick)));
      const line = (xs, values) => {
        let [path, pen] = ['', 'M'];
        values.forEach((value, i) => {
          if (value === null) { pen = 'M'; return; }
          path += `${pen}${this.x(xs[i]).toFixed(1)} ${this.y(value).toFixed(1)}`;
          pen = 'L';
        });
        return path.includes('L') ? path : `${path}h.1`;
      };
      this.drawn.forEach((curve, i) => {
        if (weight > 0 && this.drawn.length <= 12) picture.append(svg('path', { class: `curve raw c${i % 8}`, 'data-curve': i, d: line(curve.xs, curve.raw.map(value => value === null ? null : Math.min(Math.max(value, y0), y1))) }));
        picture.append(svg('path', { class: `curve c${i % 8} d${Math.floor(i / 8) % 4}`, 'data-curve': i, d: line(curve.xs, curve.values) }));
      });
      this.classList.toggle('many', this.drawn.length > 40);
      this.frame.replaceChildren(picture);
      this.say = say;
      this.light(-1);
    }

    point(event) {
      if (this.waiting || !this.drawn) return;
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        const box = this.frame.getBoundingClientRect(), [px, py] = [event.clientX - box.left, event.clientY - box.top];
        let [best, which, at] = [30 ** 2, -1, -1];
        this.drawn.forEach((curve, c) => curve.values.forEach((value, i) => {
          if (value === null) return;
          const far = (this.x(curve.xs[i]) - px) ** 2 + (this.y(value) - py) ** 2;
          if (far < best) [best, which, at] = [far, c, i];
        }));
        this.light(which, which < 0 ? '' : `${this.curves[which].name}: ${short(this.drawn[which].values[at])} at ${this.say(this.drawn[which].xs[at])}`);
      });
    }
  });

  // <parallel-coordinates>: a part of an axis is chosen by drawing along it or with the arrow keys; runs outside of it fade.
  customElements.define('parallel-coordinates', class extends HTMLElement {
    connectedCallback() {
      this.given = this.innerHTML;
      this.lines = [...this.querySelectorAll('path.run')].map(path => ({ path, at: path.dataset.at.split(',').map(place => place === '' ? null : Number(place)) }));
      this.chosen = new Map(new URL(location.href).searchParams.getAll('brush').map(text => text.split(':').map(Number)).filter(part => part.length === 3 && part.every(Number.isFinite)).map(([axis, low, high]) => [axis, [low, high]]));
      this.axes = [...this.querySelectorAll('.axis')];
      this.axes.forEach((axis, i) => {
        const grip = axis.querySelector('.grip');
        const placeOf = event => { const box = grip.getBoundingClientRect(); return Math.min(1, Math.max(0, (box.bottom - event.clientY) / box.height)); };
        let from = null;
        grip.addEventListener('lostpointercapture', () => { from = null; this.drawing = false; });
        grip.addEventListener('pointerdown', event => { from = placeOf(event); this.drawing = true; grip.setPointerCapture(event.pointerId); event.preventDefault(); axis.focus({ preventScroll: true }); });
        grip.addEventListener('pointermove', event => { if (from !== null) this.choose(i, [Math.min(from, placeOf(event)), Math.max(from, placeOf(event))]); });
        grip.addEventListener('pointerup', event => { if (from !== null && Math.abs(placeOf(event) - from) < 0.01) this.choose(i, null); from = null; });
        axis.addEventListener('keydown', event => this.press(i, event));
      });
      this.show();
    }

    // A page that is live: the lines are others, what is chosen is in the address.
    refresh(fresh) {
      const focused = this.axes.indexOf(document.activeElement);
      if (this.drawing || fresh.innerHTML === this.given) return;
      this.innerHTML = fresh.innerHTML;
      this.connectedCallback();
      this.axes[focused]?.focus({ preventScroll: true });
    }

    press(i, event) {
      const [low, high] = this.chosen.get(i) ?? [0.4, 0.6], by = event.key === 'ArrowUp' ? 0.05 : event.key === 'ArrowDown' ? -0.05 : null;
      if (event.key === 'Escape') this.choose(i, null);
      else if (by === null) return;
      else if (event.shiftKey) this.choose(i, [Math.max(0, low - by), Math.min(1, high + by)]);
      else { const move = Math.max(-low, Math.min(1 - high, by)); this.choose(i, [low + move, high + move]); }
      event.preventDefault();
    }

    choose(i, part) {
      if (part === null || part[1] < part[0]) this.chosen.delete(i);
      else this.chosen.set(i, part);
      keep(['brush'], [...this.chosen].map(([axis, [low, high]]) => ['brush', `${axis}:${low.toFixed(3)}:${high.toFixed(3)}`]));
      this.show();
    }

    show() {
      this.axes.forEach((axis, i) => {
        const [grip, brush] = [axis.querySelector('.grip'), axis.querySelector('.brush')], [top, height] = [Number(grip.getAttribute('y')), Number(grip.getAttribute('height'))];
        const part = this.chosen.get(i);
        brush.setAttribute('y', top + height * (1 - (part?.[1] ?? 0)));
        brush.setAttribute('height', part ? Math.max(2, height * (part[1] - part[0])) : 0);
      });
      const inside = this.lines.filter(({ at }) => [...this.chosen].every(([axis, [low, high]]) => at[axis] !== null && at[axis] !== undefined && at[axis] >= low - 1e-4 && at[axis] <= high + 1e-4));
      const set = new Set(inside);
      this.lines.forEach(line => line.path.classList.toggle('off', !set.has(line)));
      const [told, link] = [this.querySelector('[data-told]'), this.querySelector('[data-compare]')];
      if (this.chosen.size === 0) { link.hidden = true; told.textContent = told.defaultValue; return; }
      told.textContent = `${inside.length} of ${this.lines.length} runs chosen.`;
      link.hidden = inside.length === 0;
      link.href = `/experiments/compare?runs=${inside.map(line => line.path.dataset.run).join(',')}`;
    }
  });
})();
