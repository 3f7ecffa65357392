/* Draws what frames.py takes of a run: the network of one quarter on a canvas, and small charts as SVG.

   One script without dependencies, for a page, a replay file or a component of a framework alike:

     const view = SeedbedDrawing.network(canvas, {words, language, onPick: id => ...});
     view.show(still);                        a still of Camera.still()
     view.pick(x, y); view.focus(id); view.mark(keys); view.resize(); view.destroy();
     SeedbedDrawing.legend(element, words);
     SeedbedDrawing.lines(svg, {title, x, series: [{name, values, colour, dash, low, high}], xLabel, yLabel, at, language});
     SeedbedDrawing.bars(svg, {title, bars: [{name, value, low, high, colour}], xLabel, language});
     SeedbedDrawing.funnel(svg, {title, steps: [{label, value, other}], xLabel, here, there, language});
     SeedbedDrawing.twins(svg, {title, fates: [label], counts: [[number]], here, there, language});

   All words come from outside (frames.drawing_words). Text from data is drawn as text and never read as markup. There is no state but what a view
   keeps, and destroy() lets go of every listener. */

(function (root) {
  "use strict";

  // ------------------------------------------------------------------------------------------------------- looks

  // Okabe and Ito's colours; what differs in colour differs in shape or filling as well.
  const COLOURS = {
    blue: "#0072B2", vermilion: "#D55E00", green: "#009E73", orange: "#E69F00", sky: "#56B4E9", purple: "#CC79A7", yellow: "#F0E442",
    grey: "#808080", black: "#000000", white: "#FFFFFF",
  };
  const SERIES = [COLOURS.blue, COLOURS.vermilion, COLOURS.green, COLOURS.orange, COLOURS.purple, COLOURS.sky, COLOURS.black];
  const DASHES = ["", "7 3", "2 3", "9 3 2 3", "5 2", "1 2", ""];

  // Codes of a still, in the order of frames.py.
  const VENTURE = 0, FUND = 1, UNIVERSITY = 2, PROGRAMME = 3, OFFICE = 4, BANK = 5;
  const IN_MARKET = 4, LISTED = 5;
  const UNICORN = 1, PAPER_UNICORN = 2, ZOMBIE = 4, FUNDED = 8;
  const EDGES = [  // invested in, spun out, supported, lent, invested together
    {colour: COLOURS.grey, alpha: 0.38, width: 0.7},
    {colour: COLOURS.sky, alpha: 0.75, width: 0.8},
    {colour: COLOURS.orange, alpha: 0.35, width: 0.6},
    {colour: COLOURS.black, alpha: 0.45, width: 0.7},
    {colour: COLOURS.blue, alpha: 0.10, width: 1.0},
  ];

  function regular(corners, turn) {
    return Array.from({length: corners}, (_, n) => {
      const angle = turn + 2 * Math.PI * n / corners;
      return [Math.cos(angle), Math.sin(angle)];
    });
  }
  function starred(points, inner) {
    return Array.from({length: 2 * points}, (_, n) => {
      const angle = -Math.PI / 2 + Math.PI * n / points, far = n % 2 ? inner : 1;
      return [far * Math.cos(angle), far * Math.sin(angle)];
    });
  }
  const CORNERS = {  // of each shape, within a circle of radius 1; a circle has none
    circle: null,
    square: regular(4, Math.PI / 4),
    diamond: regular(4, 0),
    up: regular(3, -Math.PI / 2),
    down: regular(3, Math.PI / 2),
    hexagon: regular(6, 0),
    star: starred(5, 0.45),
    house: [[-0.8, 0.8], [-0.8, -0.15], [0, -1], [0.8, -0.15], [0.8, 0.8]],
    office: [[-1, 0.85], [-1, -0.3], [-0.35, -0.3], [0, -1], [0.35, -0.3], [1, -0.3], [1, 0.85]],
    bar: [[-1.1, -0.55], [1.1, -0.55], [1.1, 0.55], [-1.1, 0.55]],
    cross: null,
  };
  const FUNDS = [  // by kind of fund: angel, market, patient, alumni, guidance
    {shape: "up", fill: COLOURS.orange}, {shape: "square", fill: COLOURS.blue}, {shape: "hexagon", fill: COLOURS.green},
    {shape: "down", fill: COLOURS.purple}, {shape: "diamond", fill: COLOURS.yellow},
  ];
  const FORMS = [COLOURS.grey, COLOURS.vermilion];

  /* How one node looks: shape, filling, edge, width of the edge, and in which order it is drawn. */
  function lookOf(kind, look, form, flags) {
    if (kind === FUND) return {...FUNDS[Math.max(look, 0) % FUNDS.length], stroke: COLOURS.black, width: 0.7, order: 5};
    if (kind === UNIVERSITY) return {shape: "house", fill: COLOURS.sky, stroke: COLOURS.black, width: 1, order: 6};
    if (kind === PROGRAMME) return {shape: "diamond", fill: COLOURS.black, stroke: COLOURS.white, width: 0.7, order: 6};
    if (kind === OFFICE) return {shape: "office", fill: COLOURS.black, stroke: COLOURS.white, width: 1, order: 7};
    if (kind === BANK) return {shape: "bar", fill: COLOURS.black, stroke: COLOURS.white, width: 1, order: 7};
    if (flags & UNICORN) return {shape: "star", fill: COLOURS.yellow, stroke: COLOURS.black, width: 1, order: 9};
    if (flags & PAPER_UNICORN) return {shape: "star", fill: COLOURS.white, stroke: COLOURS.black, width: 1, order: 8};
    const colour = FORMS[form === 1 ? 1 : 0];
    if (flags & ZOMBIE) return {shape: "cross", fill: "none", stroke: colour, width: 1.2, order: 1};
    if (look === LISTED) return {shape: "circle", fill: colour, stroke: COLOURS.black, width: 1.4, order: 4};
    if (look === IN_MARKET) return {shape: "circle", fill: colour, stroke: colour, width: 0.6, order: 3};
    return {shape: "circle", fill: COLOURS.white, stroke: colour, width: 1.1, order: flags & FUNDED ? 2 : 0};
  }

  function radiusOf(kind, size, flags) {
    if (kind === FUND) return 3.5 + 0.08 * size;
    if (kind === UNIVERSITY) return 10;
    if (kind === PROGRAMME) return 5;
    if (kind === OFFICE) return 8;
    if (kind === BANK) return 7;
    const radius = 1.7 + 0.07 * size;
    return flags & (UNICORN | PAPER_UNICORN) ? Math.max(5.5, 1.5 * radius) : radius;
  }

  // ----------------------------------------------------------------------------------------------------- network

  const LABELLED = 14;  // unicorns whose names are written at one time
  const NEAR = 14;  // CSS pixels within which a click or touch finds a node

  function network(canvas, options) {
    const how = {words: {}, language: "en", duration: 260, onPick: null, ...options};
    const pen = canvas.getContext("2d");
    const calm = root.matchMedia && root.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const spoken = canvas.ownerDocument.createElement("span");
    let nodes = [], places = new Map(), edges = null, still = null, drawn = null, frame = {x: 500, y: 500, width: 1000, height: 1000};
    let focused = null, hovered = null, marked = new Set();
    let width = 0, height = 0, zoom = 1, shiftX = 0, shiftY = 0;
    let begun = 0, waiting = 0, gone = false;

    // --- what is shown

    function show(next) {
      const before = places, was = nodes;
      const n = next.nodes, number = n.id.length;
      nodes = new Array(number);
      places = new Map();
      for (let i = 0; i < number; i++) {
        const look = lookOf(n.kind[i], n.look[i], n.form[i], n.flags[i]);
        const old = before.has(n.id[i]) ? was[before.get(n.id[i])] : null;
        const at = old ? position(old) : null;
        nodes[i] = {
          id: n.id[i], key: n.key ? n.key[i] : "", kind: n.kind[i], size: n.size[i], look: n.look[i], form: n.form[i], flags: n.flags[i],
          x: n.x[i], y: n.y[i], fromX: at ? at[0] : n.x[i], fromY: at ? at[1] : n.y[i], fresh: !old && was.length > 0,
          style: look, radius: radiusOf(n.kind[i], n.size[i], n.flags[i]),
        };
        places.set(n.id[i], i);
      }
      edges = next.edges;
      still = next;
      frame = framed();
      drawn = grouped();
      begun = calm || !was.length ? 0 : now();
      draw();
    }

    /* Nodes that look alike are drawn in one stroke. */
    function grouped() {
      const groups = new Map();
      nodes.forEach((node, i) => {
        const style = node.style, name = `${style.order} ${style.shape} ${style.fill} ${style.stroke}`;
        if (!groups.has(name)) groups.set(name, {style, members: []});
        groups.get(name).members.push(i);
      });
      return [...groups.values()].sort((a, b) => a.style.order - b.style.order);
    }

    function now() {
      return root.performance ? root.performance.now() : Date.now();
    }

    function progress() {
      if (!begun) return 1;
      const t = Math.min(1, (now() - begun) / how.duration);
      return t * t * (3 - 2 * t);
    }

    function position(node) {
      const t = progress();
      return t >= 1 ? [node.x, node.y] : [node.fromX + t * (node.x - node.fromX), node.fromY + t * (node.y - node.fromY)];
    }

    // --- from the thousand of a still to pixels and back

    function scale() {
      return zoom * Math.max(0.02, Math.min((width - 16) / frame.width, (height - 16) / frame.height));
    }

    function onScreen(x, y) {
      const s = scale();
      return [width / 2 + shiftX + s * (x - frame.x), height / 2 + shiftY + s * (y - frame.y)];
    }

    /* The part of the thousand that holds all cities. */
    function framed() {
      const cities = still.cities && still.cities.length ? still.cities : [{x: 500, y: 500, radius: 500}];
      const [left, right] = [Math.min(...cities.map(city => city.x - city.radius)), Math.max(...cities.map(city => city.x + city.radius))];
      const [top, bottom] = [Math.min(...cities.map(city => city.y - city.radius)), Math.max(...cities.map(city => city.y + city.radius))];
      return {x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top};
    }

    function unit() {
      const city = still && still.cities && still.cities.length ? still.cities[0].radius : 480;
      return Math.max(0.42, Math.min(1.7, Math.min(width, height) * city / 480 / 620, 2 * scale() / zoom * city / 560)) * Math.sqrt(zoom);
    }

    // --- drawing

    function draw() {
      if (!waiting && !gone) waiting = root.requestAnimationFrame(paint);
    }

    function paint() {
      waiting = 0;
      if (gone || !width) return;
      const ratio = root.devicePixelRatio || 1, t = progress(), u = unit();
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, height);
      if (still) {
        const at = nodes.map(node => onScreen(...position(node)));
        const near = focused !== null ? neighbours(focused) : null;
        paintCities();
        paintEdges(at, near);
        for (const group of drawn) paintGroup(group, at, t, u, near);
        paintCityNames();
        paintMarks(at, u);
        paintNames(at, u);
        paintHover(at, u);
      }
      if (t < 1) draw();
    }

    function paintCities() {
      pen.strokeStyle = ink(0.14);
      pen.lineWidth = 1;
      for (const city of still.cities || []) {
        pen.beginPath();
        pen.arc(...onScreen(city.x, city.y), scale() * city.radius, 0, 2 * Math.PI);
        pen.stroke();
      }
    }

    function paintCityNames() {
      pen.font = font(12);
      for (const city of still.cities || []) {
        const [x, y] = onScreen(city.x, city.y), radius = scale() * city.radius;
        if (city.name && radius > 30) written(city.name, x - pen.measureText(city.name).width / 2, Math.max(12, y - radius + 4));
      }
    }

    function paintEdges(at, near) {
      for (let layer = EDGES.length - 1; layer >= 0; layer--) {
        const look = EDGES[layer];
        for (const chosen of near ? [false, true] : [true]) {
          pen.beginPath();
          for (let n = 0; n < edges.a.length; n++) {
            if (edges.layer[n] !== layer) continue;
            const a = edges.a[n], b = edges.b[n];
            if (near && chosen !== (nodes[a].id === focused || nodes[b].id === focused)) continue;
            pen.moveTo(at[a][0], at[a][1]);
            pen.lineTo(at[b][0], at[b][1]);
          }
          pen.strokeStyle = near && chosen && layer === EDGES.length - 1 ? COLOURS.blue : look.colour;
          pen.globalAlpha = !near ? look.alpha : chosen ? 0.9 : 0.25 * look.alpha;
          pen.lineWidth = near && chosen ? 1.6 : look.width;
          pen.stroke();
        }
      }
      pen.globalAlpha = 1;
    }

    function paintGroup(group, at, t, u, near) {
      for (const chosen of near ? [false, true] : [true]) {
        pen.beginPath();
        for (const i of group.members) {
          if (near && chosen !== near.has(i)) continue;
          const node = nodes[i], radius = u * node.radius * (node.fresh ? t : 1);
          trace(group.style.shape, at[i][0], at[i][1], radius);
        }
        pen.globalAlpha = chosen ? 1 : 0.22;
        if (group.style.fill !== "none") {
          pen.fillStyle = group.style.fill;
          pen.fill();
        }
        pen.strokeStyle = group.style.stroke;
        pen.lineWidth = group.style.width * Math.max(0.8, u);
        pen.stroke();
      }
      pen.globalAlpha = 1;
    }

    function trace(shape, x, y, radius) {
      if (shape === "circle") {
        pen.moveTo(x + radius, y);
        pen.arc(x, y, radius, 0, 2 * Math.PI);
      } else if (shape === "cross") {
        pen.moveTo(x - radius, y - radius); pen.lineTo(x + radius, y + radius);
        pen.moveTo(x + radius, y - radius); pen.lineTo(x - radius, y + radius);
      } else {
        CORNERS[shape].forEach(([dx, dy], n) => (n ? pen.lineTo(x + radius * dx, y + radius * dy) : pen.moveTo(x + radius * dx, y + radius * dy)));
        pen.closePath();
      }
    }

    /* Rings: marked ventures, and the one that is in focus. */
    function paintMarks(at, u) {
      nodes.forEach((node, i) => {
        const mine = node.id === focused;
        if (!mine && !marked.has(node.key)) return;
        pen.beginPath();
        pen.arc(at[i][0], at[i][1], u * node.radius + (mine ? 6 : 4), 0, 2 * Math.PI);
        pen.strokeStyle = mine ? COLOURS.blue : COLOURS.vermilion;
        pen.lineWidth = mine ? 3 : 2;
        pen.stroke();
      });
    }

    /* The names of the largest unicorns, as far as there is room. */
    function paintNames(at, u) {
      const unicorns = nodes.map((node, i) => i).filter(i => nodes[i].flags & UNICORN && nodes[i].kind === VENTURE);
      unicorns.sort((a, b) => marked.has(nodes[b].key) - marked.has(nodes[a].key) || nodes[b].size - nodes[a].size || a - b);
      const taken = [];
      pen.font = font(11);
      for (const i of unicorns) {
        if (taken.length >= LABELLED) return;
        const text = (still.names && still.names[nodes[i].id]) || nodes[i].id, wide = pen.measureText(text).width, gap = u * nodes[i].radius + 3;
        const left = at[i][0] + gap + wide < width - 2 ? at[i][0] + gap : at[i][0] - gap - wide;
        const box = [left, at[i][1] - 7, left + wide, at[i][1] + 7];
        if (taken.some(other => box[0] < other[2] + 2 && box[2] > other[0] - 2 && box[1] < other[3] && box[3] > other[1])) continue;
        taken.push(box);
        written(text, left, at[i][1] + 4);
      }
    }

    function written(text, x, y) {
      pen.lineJoin = "round";
      pen.lineWidth = 3;
      pen.strokeStyle = "rgba(255, 255, 255, 0.85)";
      pen.strokeText(text, x, y);
      pen.fillStyle = ink(1);
      pen.fillText(text, x, y);
    }

    function paintHover(at, u) {
      const i = places.get(hovered !== null ? hovered : focused);
      if (i === undefined) return;
      const lines = describe(nodes[i]);
      pen.font = font(12);
      const wide = Math.max(...lines.map(line => pen.measureText(line).width)) + 16, high = 17 * lines.length + 10;
      const gap = u * nodes[i].radius + 8;
      const x = Math.max(2, at[i][0] + gap + wide < width ? at[i][0] + gap : Math.min(at[i][0] - gap - wide, width - wide - 2));
      const y = Math.max(2, Math.min(height - high - 2, at[i][1] - high / 2));
      pen.fillStyle = "rgba(255, 255, 255, 0.95)";
      pen.strokeStyle = ink(0.5);
      pen.lineWidth = 1;
      pen.beginPath();
      pen.rect(x, y, wide, high);
      pen.fill();
      pen.stroke();
      pen.fillStyle = ink(1);
      lines.forEach((line, n) => {
        pen.font = n ? font(12) : `bold ${font(12)}`;
        pen.fillText(line, x + 8, y + 18 + 17 * n);
      });
    }

    function ink(alpha) {
      return `rgba(20, 20, 20, ${alpha})`;
    }

    function font(size) {
      return `${size}px system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif`;
    }

    // --- words about a node

    function nameOf(node) {
      const name = still.names && still.names[node.id];
      return name && name !== node.id ? `${name} (${node.id})` : node.id;
    }

    function describe(node) {
      if (how.describe) return how.describe(node, nameOf(node));
      const words = how.words, lines = [nameOf(node)];
      const kind = (words.kinds || [])[node.kind] || "";
      if (node.kind === VENTURE) {
        lines.push([(words.forms || [])[node.form], kind].filter(Boolean).join(words.between === undefined ? " " : words.between));
        lines.push((words.stages || [])[node.look] || "");
        const flags = [[UNICORN, words.unicorn], [PAPER_UNICORN, words.paper], [ZOMBIE, words.zombie]];
        const told = flags.filter(([bit, word]) => node.flags & bit && word).map(([, word]) => word);
        if (told.length) lines.push(told.join(words.and === undefined ? ", " : words.and));
        if (node.size) lines.push(`${words.worth || ""} ${amount(node.size)}`);
      } else if (node.kind === FUND) {
        lines.push((words.funds || [])[node.look] || kind);
        if (node.size) lines.push(`${words.commitment || ""} ${amount(node.size)}`);
      } else {
        lines.push(kind);
        if (node.kind === PROGRAMME) lines.push((words.instruments || [])[node.look] || "");
      }
      return lines.filter(line => line);
    }

    function amount(size) {
      return money(Math.pow(10, size / 10) - 1, how.language, how.words.units || [[how.words.million || "", 1]]);
    }

    // --- finding, focusing, picking

    function find(x, y) {
      let best = null, least = NEAR * NEAR;
      for (let i = nodes.length - 1; i >= 0; i--) {
        const [px, py] = onScreen(nodes[i].x, nodes[i].y);
        const beyond = Math.max(0, Math.hypot(px - x, py - y) - unit() * nodes[i].radius);
        if (beyond * beyond < least || (beyond === 0 && least === 0 && nodes[i].style.order > nodes[best].style.order)) {
          best = i;
          least = beyond * beyond;
        }
      }
      return best;
    }

    function pick(x, y) {
      const i = find(x, y);
      return i === null ? null : nodes[i].id;
    }

    function neighbours(id) {
      const found = new Set(), mine = places.get(id);
      if (mine === undefined) return null;
      found.add(mine);
      for (let n = 0; n < edges.a.length; n++) {
        if (edges.a[n] === mine) found.add(edges.b[n]);
        if (edges.b[n] === mine) found.add(edges.a[n]);
      }
      return found;
    }

    function focus(id) {
      focused = id !== null && id !== undefined && places.has(id) ? id : null;
      spoken.textContent = focused === null ? "" : describe(nodes[places.get(focused)]).join(", ");
      draw();
    }

    function chosen(id) {
      focus(id);
      if (how.onPick && id !== null) how.onPick(id);
    }

    function mark(keys) {
      marked = new Set(keys || []);
      draw();
    }

    /* The nearest node in a direction; sideways counts double, so that the arrows walk along what the eye sees. */
    function step(dx, dy) {
      if (!nodes.length) return;
      const from = places.get(focused);
      if (from === undefined) return focus(first());
      const here = onScreen(nodes[from].x, nodes[from].y);
      let best = null, least = Infinity;
      nodes.forEach((node, i) => {
        const [x, y] = onScreen(node.x, node.y), ahead = dx * (x - here[0]) + dy * (y - here[1]), aside = Math.abs(dy * (x - here[0]) - dx * (y - here[1]));
        if (i === from || ahead <= 0.5 || aside > 2 * ahead) return;
        if (ahead + 2 * aside < least) [best, least] = [i, ahead + 2 * aside];
      });
      if (best !== null) focus(nodes[best].id);
    }

    function first() {
      let best = 0;
      nodes.forEach((node, i) => {
        if (node.kind === VENTURE && (nodes[best].kind !== VENTURE || node.size > nodes[best].size)) best = i;
      });
      return nodes[best].id;
    }

    // --- what people do

    const listening = [];
    function listen(target, name, action, how_) {
      target.addEventListener(name, action, how_);
      listening.push(() => target.removeEventListener(name, action, how_));
    }

    function at(event) {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    function zoomAt(times, x, y) {
      const next = Math.max(1, Math.min(12, zoom * times)), real = next / zoom;
      shiftX = (x - width / 2) - real * (x - width / 2 - shiftX);
      shiftY = (y - height / 2) - real * (y - height / 2 - shiftY);
      zoom = next;
      if (zoom === 1) shiftX = shiftY = 0;
      canvas.style.touchAction = zoom > 1 ? "none" : "pan-y";
      draw();
    }

    const fingers = new Map();
    let travelled = 0;
    listen(canvas, "pointerdown", event => {
      fingers.set(event.pointerId, at(event));
      travelled = 0;
      if (canvas.setPointerCapture) {
        try { canvas.setPointerCapture(event.pointerId); } catch (error) { /* the pointer is gone already */ }
      }
    });
    listen(canvas, "pointermove", event => {
      const [x, y] = at(event), before = fingers.get(event.pointerId);
      if (!before) {
        const id = pick(x, y);
        canvas.style.cursor = id === null ? "default" : "pointer";
        if (id !== hovered) {
          hovered = id;
          draw();
        }
        return;
      }
      travelled += Math.hypot(x - before[0], y - before[1]);
      const other = [...fingers].find(([finger]) => finger !== event.pointerId);
      if (other) {
        const apart = Math.hypot(before[0] - other[1][0], before[1] - other[1][1]), wider = Math.hypot(x - other[1][0], y - other[1][1]);
        if (apart > 0) zoomAt(wider / apart, (x + other[1][0]) / 2, (y + other[1][1]) / 2);
      } else if (zoom > 1) {
        shiftX += x - before[0];
        shiftY += y - before[1];
        draw();
      }
      fingers.set(event.pointerId, [x, y]);
    });
    listen(canvas, "pointerup", event => {
      const alone = fingers.size === 1;
      fingers.delete(event.pointerId);
      if (alone && travelled < 8) chosen(pick(...at(event)));
    });
    listen(canvas, "pointercancel", event => fingers.delete(event.pointerId));
    listen(canvas, "pointerleave", () => {
      if (hovered !== null) {
        hovered = null;
        draw();
      }
    });
    listen(canvas, "wheel", event => {
      if (!event.ctrlKey && !event.metaKey) return;  // the page keeps its own scrolling
      event.preventDefault();
      zoomAt(Math.exp(-0.002 * event.deltaY), ...at(event));
    }, {passive: false});
    const KEYS = {
      ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
      Enter: () => chosen(focused), " ": () => chosen(focused), Escape: () => focus(null), Home: () => nodes.length && focus(first()),
      "+": () => zoomAt(1.4, width / 2, height / 2), "=": () => zoomAt(1.4, width / 2, height / 2),
      "-": () => zoomAt(1 / 1.4, width / 2, height / 2), "0": () => zoomAt(1 / zoom, width / 2, height / 2),
    };
    listen(canvas, "keydown", event => {
      if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      KEYS[event.key]();
    });

    function resize() {
      const box = canvas.getBoundingClientRect(), ratio = root.devicePixelRatio || 1;
      [width, height] = [box.width, box.height];
      const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
      draw();
    }

    function set(more) {
      Object.assign(how, more);
      if (how.words.network) canvas.setAttribute("aria-label", how.words.network);
      if (focused !== null) focus(focused);
      draw();
    }

    const watcher = root.ResizeObserver ? new root.ResizeObserver(resize) : null;
    if (watcher) watcher.observe(canvas);
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.style.touchAction = "pan-y";
    spoken.setAttribute("aria-live", "polite");
    canvas.appendChild(spoken);
    set({});
    resize();

    function destroy() {
      gone = true;
      if (waiting) root.cancelAnimationFrame(waiting);
      if (watcher) watcher.disconnect();
      listening.splice(0).forEach(stop => stop());
      fingers.clear();
      spoken.remove();
      nodes = []; places = new Map(); edges = still = drawn = null;
    }

    return {show, pick, focus, mark, set, resize, destroy, get focused() { return focused; }, where: id => (places.has(id) ? onScreen(nodes[places.get(id)].x, nodes[places.get(id)].y) : null)};
  }

  // ------------------------------------------------------------------------------------------------------ legend

  /* What the shapes and colours mean, as a list. */
  function legend(element, words) {
    const doc = element.ownerDocument, list = doc.createElement("ul");
    list.className = "seedbed-legend";
    list.style.cssText = "list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.2em 0.9em;";
    const forms = words.forms || ["", ""], entries = [
      [lookOf(VENTURE, 0, 0, 0), `${forms[0]}${words.comma}${words.building}`], [lookOf(VENTURE, 0, 1, 0), `${forms[1]}${words.comma}${words.building}`],
      [lookOf(VENTURE, IN_MARKET, 0, 0), `${forms[0]}${words.comma}${words.stages[IN_MARKET]}`], [lookOf(VENTURE, IN_MARKET, 1, 0), `${forms[1]}${words.comma}${words.stages[IN_MARKET]}`],
      [lookOf(VENTURE, LISTED, 1, 0), words.stages[LISTED]], [lookOf(VENTURE, 0, 0, ZOMBIE), words.zombie],
      [lookOf(VENTURE, IN_MARKET, 0, UNICORN), words.unicorn], [lookOf(VENTURE, 0, 0, PAPER_UNICORN), words.paper],
      ...FUNDS.map((_, kind) => [lookOf(FUND, kind, -1, 0), words.funds[kind]]),
      [lookOf(UNIVERSITY, -1, -1, 0), words.kinds[UNIVERSITY]], [lookOf(PROGRAMME, -1, -1, 0), words.kinds[PROGRAMME]],
      [lookOf(OFFICE, -1, -1, 0), words.kinds[OFFICE]], [lookOf(BANK, -1, -1, 0), words.kinds[BANK]],
    ];
    for (const [look, text] of entries) list.appendChild(entry(doc, iconOf(doc, look), text));
    EDGES.forEach((look, layer) => list.appendChild(entry(doc, lineOf(doc, look), words.layers[layer])));
    element.textContent = "";
    element.appendChild(list);
  }

  function entry(doc, icon, text) {
    const item = doc.createElement("li"), words = doc.createElement("span");
    item.style.cssText = "display: inline-flex; align-items: center; gap: 0.3em;";
    words.textContent = text;
    item.append(icon, words);
    return item;
  }

  function iconOf(doc, look) {
    const icon = make(doc, "svg", {width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true"});
    const paint = {fill: look.fill, stroke: look.stroke === COLOURS.white ? look.fill : look.stroke, "stroke-width": Math.max(1, look.width)};
    if (look.shape === "circle") icon.appendChild(make(doc, "circle", {r: 4.5, ...paint}));
    else if (look.shape === "cross") icon.appendChild(make(doc, "path", {d: "M-4-4L4 4M4-4L-4 4", ...paint}));
    else icon.appendChild(make(doc, "polygon", {points: CORNERS[look.shape].map(([x, y]) => `${6 * x},${6 * y}`).join(" "), ...paint}));
    return icon;
  }

  function lineOf(doc, look) {
    const icon = make(doc, "svg", {width: 20, height: 16, viewBox: "0 -8 20 16", "aria-hidden": "true"});
    icon.appendChild(make(doc, "line", {x1: 1, x2: 19, y1: 0, y2: 0, stroke: look.colour, "stroke-width": 2, "stroke-opacity": Math.max(0.5, look.alpha)}));
    return icon;
  }

  // ------------------------------------------------------------------------------------------------------ charts

  const SVG = "http://www.w3.org/2000/svg";
  const FONT = 11, LETTER = 6.2;

  function make(doc, name, attributes, text) {
    const element = doc.createElementNS(SVG, name);
    for (const key of Object.keys(attributes || {})) element.setAttribute(key, String(attributes[key]));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function number(value, language, digits) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "–";
    const most = digits === undefined ? (Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 1 : 2) : digits;
    return value.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {maximumFractionDigits: most}).replace("-", "−");
  }

  /* An amount that is known to a tenth of a decade, to one figure, in the largest unit that it fills: units are [name, million RMB] from large to small. */
  function money(million, language, units) {
    const [name, size] = units.find(([, large]) => million >= large) || units[units.length - 1];
    const inUnits = million / size, digit = Math.pow(10, Math.floor(Math.log10(Math.max(inUnits, 1))));
    return `${number(Math.round(inUnits / digit) * digit, language)}${language === "zh" ? "" : " "}${name}`;
  }

  /* Room for a chart: an emptied svg of its own width with title and description for those who cannot see it. */
  function begin(svg, given, height) {
    const doc = svg.ownerDocument, width = Math.max(240, Math.round(given.width || svg.clientWidth || 480));
    const high = Math.round(given.height || height);
    svg.textContent = "";
    svg.setAttribute("viewBox", `0 0 ${width} ${high}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("font-size", FONT);
    svg.setAttribute("font-family", "system-ui, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif");
    svg.style.height = `${high}px`;
    svg.style.width = "100%";
    const title = make(doc, "title", {}, given.title || ""), about = make(doc, "desc", {}, given.description || "");
    svg.append(title, about);
    svg.setAttribute("aria-label", [given.title, given.description].filter(Boolean).join(". "));
    const put = (name, attributes, text) => svg.appendChild(make(doc, name, attributes, text));
    let top = 6;
    if (given.title) {
      put("text", {x: 4, y: 13, "font-weight": "bold", "font-size": FONT + 1, fill: "#141414"}, shortened(given.title, 0.85 * width));
      top = 22;
    }
    return {put, width, height: high, top, about};
  }

  function wide(text) {
    let total = 0;
    for (const letter of String(text)) total += letter.codePointAt(0) > 0x2e7f ? FONT : LETTER;
    return total;
  }

  function ticksOf(low, high, about) {
    const span = high - low || 1, rough = span / about, ten = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 2.5, 5, 10].map(times => times * ten).find(size => size >= rough * 0.999);
    const ticks = [];
    for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9 * span; tick += step) ticks.push(Math.abs(tick) < 1e-9 * step ? 0 : tick);
    return ticks;
  }

  /* Lines over time, each named at its end; with low and high, a band of its interval. */
  function lines(svg, given) {
    const {put, width, height, top, about} = begin(svg, given, 190), language = given.language;
    const series = given.series.map((one, n) => ({colour: SERIES[n % SERIES.length], dash: DASHES[n % DASHES.length], ...one}));
    const values = series.flatMap(one => [...one.values, ...(one.low || []), ...(one.high || [])]).filter(value => Number.isFinite(value));
    const low = given.yMin !== undefined ? given.yMin : Math.min(0, ...values);
    const ticks = ticksOf(low, given.yMax !== undefined ? given.yMax : Math.max(low + (values.length ? 0 : 1), ...values, low + 1e-9), 4);
    const most = Math.max(given.yMax !== undefined ? given.yMax : -Infinity, ...values, ticks[ticks.length - 1], low + 1e-9);
    const xLow = given.xMin !== undefined ? given.xMin : Math.min(...given.x, Infinity), xHigh = given.xMax !== undefined ? given.xMax : Math.max(...given.x, -Infinity);
    const from = Number.isFinite(xLow) ? xLow : 0, to = Number.isFinite(xHigh) && xHigh > from ? xHigh : from + 1;
    const left = 12 + Math.max(...ticks.map(tick => wide(number(tick, language)))), named = Math.min(0.4 * width, 8 + Math.max(0, ...series.map(one => wide(one.name))));
    const above = top + (given.yLabel ? 14 : 0), bottom = height - (given.xLabel ? 32 : 18), right = width - named - 6;
    const X = x => left + (right - left) * (x - from) / (to - from), Y = y => bottom - (bottom - above) * (y - low) / (most - low);

    for (const tick of ticks) {
      put("line", {x1: left, x2: right, y1: Y(tick), y2: Y(tick), stroke: "#141414", "stroke-opacity": tick === 0 ? 0.6 : 0.12});
      put("text", {x: left - 4, y: Y(tick) + 4, "text-anchor": "end", fill: "#444"}, number(tick, language));
    }
    for (const tick of ticksOf(from, to, Math.max(2, Math.floor((right - left) / 60)))) {
      put("text", {x: X(tick), y: bottom + 14, "text-anchor": "middle", fill: "#444"}, number(tick, language));
    }
    if (given.yLabel) put("text", {x: 4, y: top + 8, fill: "#444"}, given.yLabel);
    if (given.xLabel) put("text", {x: (left + right) / 2, y: height - 4, "text-anchor": "middle", fill: "#444"}, given.xLabel);
    if (given.at !== undefined) put("line", {x1: X(given.at), x2: X(given.at), y1: above, y2: bottom, stroke: "#141414", "stroke-opacity": 0.45, "stroke-dasharray": "3 2"});

    const ends = [];
    for (const one of series) {
      if (one.low && one.high) {
        const there = one.values.map((_, n) => n).filter(n => Number.isFinite(one.low[n]) && Number.isFinite(one.high[n]));
        const points = [...there.map(n => [n, one.high[n]]), ...there.reverse().map(n => [n, one.low[n]])];
        if (points.length) put("polygon", {points: points.map(([n, y]) => `${X(given.x[n]).toFixed(1)},${Y(y).toFixed(1)}`).join(" "), fill: one.colour, "fill-opacity": 0.15});
      }
      let path = "", open = false, last = -1;
      one.values.forEach((value, n) => {
        if (!Number.isFinite(value)) { open = false; return; }
        path += `${open ? "L" : "M"}${X(given.x[n]).toFixed(1)} ${Y(value).toFixed(1)}`;
        open = true;
        last = n;
      });
      if (last < 0) continue;
      put("path", {d: path, fill: "none", stroke: one.colour, "stroke-width": 2, "stroke-dasharray": one.dash || "", "stroke-linejoin": "round"});
      put("circle", {cx: X(given.x[last]), cy: Y(one.values[last]), r: 2.5, fill: one.colour});
      ends.push({x: X(given.x[last]), y: Y(one.values[last]), one, value: one.values[last]});
    }
    apart(ends, 13, above + 4, bottom);
    for (const end of ends) {
      const text = put("text", {x: right + 8, y: end.y + 4, fill: darker(end.one.colour)}, shortened(end.one.name, named - 4));
      text.appendChild(make(svg.ownerDocument, "title", {}, `${end.one.name}: ${number(end.value, language)}`));
    }
    if (!given.description) about.textContent = ends.map(end => `${end.one.name}: ${number(end.value, language)}`).join("; ");
    svg.setAttribute("aria-label", [given.title, about.textContent].filter(Boolean).join(". "));
  }

  /* Labels that would lie on each other are moved apart, in their order. */
  function apart(ends, gap, top, bottom) {
    ends.sort((a, b) => a.y - b.y);
    if (ends.length) ends[0].y = Math.max(ends[0].y, top);
    for (let n = 1; n < ends.length; n++) ends[n].y = Math.max(ends[n].y, ends[n - 1].y + gap);
    let limit = bottom;
    for (let n = ends.length - 1; n >= 0; n--) {
      ends[n].y = Math.max(top, Math.min(ends[n].y, limit));
      limit = ends[n].y - gap;
    }
  }

  function shortened(text, room) {
    if (wide(text) <= room) return text;
    let short = String(text);
    while (short.length > 1 && wide(`${short}…`) > room) short = short.slice(0, -1);
    return `${short.trimEnd()}…`;
  }

  /* Light colours are hard to read as letters. */
  function darker(colour) {
    return {[COLOURS.yellow]: "#8a7f00", [COLOURS.sky]: "#1f78ad", [COLOURS.orange]: "#a36f00", [COLOURS.purple]: "#a14e7d"}[colour] || colour;
  }

  /* Horizontal bars from zero, with whiskers where there is an interval. */
  function bars(svg, given) {
    const rows = given.bars, row = given.row || 24;
    const {put, width, height, top, about} = begin(svg, given, 22 + row * rows.length + (given.xLabel ? 34 : 20)), language = given.language;
    const ends = rows.flatMap(one => [one.value, one.low, one.high]).filter(value => Number.isFinite(value));
    const low = Math.min(0, ...ends), high = Math.max(0, ...ends, ends.some(end => end) ? low + 1e-9 : 1);
    const left = Math.min(0.5 * width, 10 + Math.max(0, ...rows.map(one => wide(one.name)))), bottom = height - (given.xLabel ? 32 : 18);
    const told = Math.max(...rows.map(one => wide(number(one.value, language))), 0) + 10, right = width - told;
    const ticks = ticksOf(low, high, Math.max(1, Math.min(5, Math.floor((right - left) / (14 + wide(number(high - low, language)))))));
    const X = x => left + (right - left) * (x - low) / (high - low || 1);
    for (const tick of ticks) {
      put("line", {x1: X(tick), x2: X(tick), y1: top, y2: bottom, stroke: "#141414", "stroke-opacity": tick === 0 ? 0.7 : 0.12});
      put("text", {x: X(tick), y: bottom + 14, "text-anchor": "middle", fill: "#444"}, number(tick, language));
    }
    if (given.xLabel) put("text", {x: (left + right) / 2, y: height - 4, "text-anchor": "middle", fill: "#444"}, given.xLabel);
    rows.forEach((one, n) => {
      const y = top + n * row + 3, thick = row - 8, middle = y + thick / 2, colour = one.colour || SERIES[0];
      put("text", {x: left - 5, y: middle + 4, "text-anchor": "end", fill: "#141414"}, shortened(one.name, left - 8));
      if (!Number.isFinite(one.value)) return;
      put("rect", {x: Math.min(X(0), X(one.value)), y, width: Math.max(1, Math.abs(X(one.value) - X(0))), height: thick, fill: colour});
      let end = Math.max(X(0), X(one.value));
      if (Number.isFinite(one.low) && Number.isFinite(one.high)) {
        put("path", {d: `M${X(one.low)} ${middle}H${X(one.high)}M${X(one.low)} ${middle - 4}v8M${X(one.high)} ${middle - 4}v8`, stroke: "#141414", "stroke-width": 1.3, fill: "none"});
        end = Math.max(end, X(one.high));
      }
      put("text", {x: end + 5, y: middle + 4, fill: "#141414"}, number(one.value, language));
    });
    if (!given.description) {
      about.textContent = rows.map(one => `${one.name}: ${number(one.value, language)}${Number.isFinite(one.low) ? ` (${number(one.low, language)} – ${number(one.high, language)})` : ""}`).join("; ");
    }
    svg.setAttribute("aria-label", [given.title, about.textContent].filter(Boolean).join(". "));
  }

  /* How many reached each step, with the share of the first; with `other`, the twin's beside it. */
  function funnel(svg, given) {
    const steps = given.steps, twin = steps.some(step => Number.isFinite(step.other)), row = twin ? 30 : 22;
    const {put, width, top, height, about} = begin(svg, given, 26 + row * steps.length + (given.xLabel ? 18 : 4) + (twin ? 16 : 0)), language = given.language;
    const most = Math.max(1, ...steps.flatMap(step => [step.value, twin ? step.other : 0]));
    const text = (value, first) => (first ? `${number(value, language)} (${number(100 * value / first, language, value / first < 0.1 ? 1 : 0)}%)` : number(value, language));
    const left = Math.min(0.45 * width, 10 + Math.max(...steps.map(step => wide(step.label)))), room = wide(text(most, most)) + 8, right = width - room;
    const worlds = [["value", SERIES[0]], ...(twin ? [["other", SERIES[1]]] : [])];
    steps.forEach((step, n) => {
      const y = top + n * row;
      put("text", {x: left - 5, y: y + row / 2 + 2, "text-anchor": "end", fill: "#141414"}, shortened(step.label, left - 8));
      worlds.forEach(([name, colour], m) => {
        const thick = (row - 6) / worlds.length, long = (right - left) * step[name] / most, at = y + 1 + m * thick;
        put("rect", {x: left, y: at, width: Math.max(1, long), height: thick - 1, fill: colour});
        put("text", {x: left + long + 4, y: at + thick / 2 + 3.5, fill: "#141414"}, text(step[name], n ? steps[0][name] : 0));
      });
    });
    let under = top + row * steps.length + 12;
    if (given.xLabel) {
      put("text", {x: left, y: under, fill: "#444"}, given.xLabel);
      under += 15;
    }
    if (twin) worlds.reduce((x, [, colour], m) => {
      const name = shortened((m ? given.there : given.here) || "", 0.5 * (width - left) - 30);
      put("rect", {x, y: under - 9, width: 10, height: 10, fill: colour});
      put("text", {x: x + 14, y: under, fill: "#141414"}, name);
      return x + 30 + wide(name);
    }, left);
    svg.style.height = `${Math.max(height, under + 6)}px`;
    svg.setAttribute("viewBox", `0 0 ${width} ${Math.max(height, under + 6)}`);
    if (!given.description) about.textContent = steps.map(step => `${step.label}: ${number(step.value, language)}${twin ? ` / ${number(step.other, language)}` : ""}`).join("; ");
    svg.setAttribute("aria-label", [given.title, about.textContent].filter(Boolean).join(". "));
  }

  /* The fates of the same ventures in two worlds: bands from what became of them here to what became of them there. */
  function twins(svg, given) {
    const {put, width, height, top, about} = begin(svg, given, 260), language = given.language, fates = given.fates, counts = given.counts;
    const total = Math.max(1, counts.flat().reduce((sum, n) => sum + n, 0)), side = Math.min(0.3 * width, 12 + Math.max(...fates.map(wide)) + 38);
    const above = top + 18, gap = 6, room = height - above - 6 - gap * (fates.length - 1);
    const column = sums => {
      let y = above;
      return sums.map(sum => {
        const place = {y, high: room * sum / total, next: y};
        y += place.high + gap;
        return place;
      });
    };
    const here = column(counts.map(row => row.reduce((sum, n) => sum + n, 0))), there = column(fates.map((_, m) => counts.reduce((sum, row) => sum + row[m], 0)));
    const from = side, to = width - side;
    put("text", {x: from, y: top + 10, "text-anchor": "end", "font-weight": "bold", fill: "#141414"}, shortened(given.here || "", 0.9 * side));
    put("text", {x: to, y: top + 10, "font-weight": "bold", fill: "#141414"}, shortened(given.there || "", 0.9 * side));
    counts.forEach((row, n) => row.forEach((count, m) => {
      if (!count) return;
      const thick = room * count / total, a = here[n].next, b = there[m].next, bend = (from + to) / 2;
      here[n].next += thick;
      there[m].next += thick;
      const band = put("path", {
        d: `M${from} ${a}C${bend} ${a} ${bend} ${b} ${to} ${b}V${b + thick}C${bend} ${b + thick} ${bend} ${a + thick} ${from} ${a + thick}Z`,
        fill: SERIES[n % SERIES.length], "fill-opacity": n === m ? 0.16 : 0.6,
      });
      band.appendChild(make(svg.ownerDocument, "title", {}, `${fates[n]} → ${fates[m]}: ${number(count, language)}`));
    }));
    for (const [places, x, anchor] of [[here, from - 5, "end"], [there, to + 5, "start"]]) {
      const named = fates.map((fate, n) => ({fate, n, sum: Math.round(places[n].high * total / room), y: places[n].y + places[n].high / 2})).filter(one => one.sum);
      apart(named, 13, above, height - 6);
      for (const {fate, n, sum, y} of named) {
        put("text", {x, y: y + 4, "text-anchor": anchor, fill: darker(SERIES[n % SERIES.length])}, `${fate} ${number(sum, language)}`);
      }
    }
    if (!given.description) {
      about.textContent = counts.flatMap((row, n) => row.map((count, m) => (count && n !== m ? `${fates[n]} → ${fates[m]}: ${number(count, language)}` : ""))).filter(Boolean).join("; ");
    }
    svg.setAttribute("aria-label", [given.title, about.textContent].filter(Boolean).join(". "));
  }

  root.SeedbedDrawing = {network, legend, lines, bars, funnel, twins, number, money, COLOURS, SERIES};
})(typeof globalThis !== "undefined" ? globalThis : this);
