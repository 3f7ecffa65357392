/* The page of a replay file: reads what replay.py wrote into it and draws it with drawing.js. */

(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("data").textContent);
  const element = id => document.getElementById(id);
  const twins = data.worlds.length > 1;
  const last = data.worlds[0].film.quarters.length - 1;
  const COLUMNS = ["x", "y", "size", "look", "flags"];
  const LETTERS = {en: ["A", "B"], zh: ["甲", "乙"]};
  const COLOURS = [SeedbedDrawing.SERIES[0], SeedbedDrawing.SERIES[1]];
  let language = data.language, at = last, playing = 0, picked = null;

  const word = name => data.words[language][name];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  const told = (name, values) => fill(word(name), values);
  const number = value => SeedbedDrawing.number(value, language);

  // ---------------------------------------------------------------------------------- stills from what changed

  /* Plays forward from the first still; to go back it begins again, which takes a few milliseconds. */
  function player(film) {
    let present, shown, tied;
    const running = steps => { let sum = 0; return steps.map(step => (sum += step)); };
    const edge = (a, b, layer) => (a * 1048576 + b) * 8 + layer;
    const begin = () => { present = -1; shown = new Map(); tied = new Set(); };
    begin();

    function forward() {
      const quarter = film.quarters[++present];
      running(quarter.gone).forEach(one => shown.delete(one));
      running(quarter.there).forEach((one, n) => shown.set(one, quarter.as.map(column => column[n])));
      quarter.changed.forEach(([steps, values], column) => running(steps).forEach((one, n) => { shown.get(one)[column] = values[n]; }));
      running(quarter.untied[0]).forEach((a, n) => tied.delete(edge(a, quarter.untied[1][n], quarter.untied[2][n])));
      running(quarter.tied[0]).forEach((a, n) => tied.add(edge(a, quarter.tied[1][n], quarter.tied[2][n])));
    }

    function seek(place) {
      if (place < present) begin();
      while (present < place) forward();
    }

    function still() {
      const quarter = film.quarters[present], order = [...shown.keys()].sort((a, b) => a - b), place = new Map(order.map((one, n) => [one, n]));
      const nodes = {id: [], kind: [], key: [], form: []}, edges = {a: [], b: [], layer: []};
      for (const name of Object.keys(nodes)) nodes[name] = order.map(one => film.nodes[name][one]);
      COLUMNS.forEach((name, column) => { nodes[name] = order.map(one => shown.get(one)[column]); });
      for (const code of tied) {
        const layer = code % 8, rest = (code - layer) / 8, b = rest % 1048576;
        edges.a.push(place.get((rest - b) / 1048576));
        edges.b.push(place.get(b));
        edges.layer.push(layer);
      }
      return {tick: quarter.tick, year: (quarter.tick + 1) / 4, living: quarter.living, left_out: quarter.left_out, nodes, edges};
    }

    return {seek, still};
  }

  // ------------------------------------------------------------------------------------------------------ worlds

  document.body.classList.toggle("twins", twins);
  const worlds = data.worlds.map((world, n) => {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption"), canvas = document.createElement("canvas");
    const mark = document.createElement("span"), title = document.createElement("strong"), counts = document.createElement("span");
    mark.className = "mark";
    if (twins) caption.append(mark);
    caption.append(title, document.createElement("br"), counts);
    figure.append(caption, canvas);
    element("worlds").append(figure);
    const numberOf = new Map(world.film.nodes.id.map((id, place) => [id, place]));
    const ofKey = new Map(world.film.nodes.key.map((key, place) => [key, world.film.nodes.id[place]]).filter(([key]) => key >= 0));
    const made = {world, n, title, counts, canvas, numberOf, ofKey, player: player(world.film), still: null};
    made.view = SeedbedDrawing.network(canvas, {onPick: id => pick(n, id)});
    return made;
  });

  const keyOf = (n, id) => { const place = worlds[n].numberOf.get(id); return place === undefined ? -1 : worlds[n].world.film.nodes.key[place]; };
  function nameOf(n, id) {
    const name = data.names[language][keyOf(n, id)];
    return name ? told("named", {name, id}) : id;
  }

  function labelOf(n) {
    return twins ? told("world", {letter: LETTERS[language][n]}) : "";
  }

  // ---------------------------------------------------------------------------------------------------- showing

  function go(place) {
    at = Math.max(0, Math.min(last, place));
    for (const one of worlds) {
      one.player.seek(at);
      one.still = one.player.still();
      one.still.cities = one.world.cities;
      one.still.names = one.names;
      one.view.show(one.still);
      caption(one);
    }
    element("when").value = String(at);
    element("when").setAttribute("aria-valuetext", date(tickOf(at)));
    element("told").textContent = date(tickOf(at));
    element("back").disabled = at === 0;
    element("on").disabled = at === last;
    charts();
    if (picked) story();
  }

  const tickOf = place => data.worlds[0].film.quarters[place].tick;
  const placeOf = tick => { const found = data.worlds[0].film.quarters.findIndex(quarter => quarter.tick >= tick); return found < 0 ? last : found; };
  const date = tick => told("date", {year: Math.floor(tick / 4), quarter: tick % 4 + 1});
  const seriesOf = (one, name) => one.world.series[data.series.findIndex(series => series.name === name)];

  function caption(one) {
    const tick = tickOf(at), value = name => number(seriesOf(one, name)[tick]);
    const title = `${labelOf(one.n)}${one.world.title[language]}`;
    one.title.textContent = one.world.changes.length ? told("changed", {title, changes: one.world.changes.join(", ")}) : title;
    let text = told("caption", {living: value("live"), zombies: value("zombies"), unicorns: value("unicorns"), paper: value("paper_unicorns")});
    if (one.still.left_out) text += told("left_out", {number: number(one.still.left_out)});
    one.counts.textContent = text;
  }

  function charts() {
    const holder = element("charts"), tick = tickOf(at), names = data.shown;
    const years = Array.from({length: tick + 1}, (_, n) => (n + 1) / 4);
    while (holder.children.length < names.length + 1 + worlds.length) holder.append(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    names.forEach((name, n) => {
      const about = data.series.find(series => series.name === name);
      const all = worlds.map(one => seriesOf(one, name));
      SeedbedDrawing.lines(holder.children[n], {
        title: about.label[language], x: years, xMin: 0, xMax: (tickOf(last) + 1) / 4, xLabel: word("year"), yLabel: about.unit[language], language,
        yMax: Math.max(...all.map(values => Math.max(...values))) || 1, height: 170,
        series: worlds.map((one, m) => ({name: `${twins ? `${LETTERS[language][m]} ` : ""}${number(all[m][tick])}`, values: all[m].slice(0, tick + 1), colour: COLOURS[m], dash: m ? "6 3" : ""})),
      });
    });
    const steps = data.funnel.map((step, n) => ({label: step.label[language], value: worlds[0].world.funnel[at][n], ...(twins ? {other: worlds[1].world.funnel[at][n]} : {})}));
    SeedbedDrawing.funnel(holder.children[names.length], {title: word("funnel"), steps, xLabel: word("of_founded"), here: LETTERS[language][0], there: LETTERS[language][1], language});
    worlds.forEach((one, m) => {
      const bars = data.flows.map((flow, n) => ({name: flow.label[language], value: one.world.flows[at][n], colour: COLOURS[m]}));
      SeedbedDrawing.bars(holder.children[names.length + 1 + m], {title: `${labelOf(m)}${word("flows")}`, bars, xLabel: word("million"), language, row: 21});
    });
  }

  // ------------------------------------------------------------------------------------------------------ a life

  function pick(n, id) {
    if (id === null) return;
    picked = {n, id, other: twins ? worlds[1 - n].ofKey.get(keyOf(n, id)) || null : null};
    for (const one of worlds) one.view.focus(one.n === n ? id : picked.other);
    story();
    if (window.matchMedia("(max-width: 760px)").matches) element("panel").scrollIntoView({block: "start"});
  }

  function chosen(n, id, tick) {
    pause();
    if (tick !== null) go(placeOf(tick));
    pick(n, id);
    element("panel").scrollIntoView({block: "nearest"});
  }

  function story() {
    const holder = element("life");
    holder.textContent = "";
    holder.classList.toggle("both", Boolean(picked && picked.other));
    if (!picked) return holder.append(text("p", word("hint"), "note"));
    holder.append(lifeOf(picked.n, picked.id));
    if (twins && picked.other) holder.append(lifeOf(1 - picked.n, picked.other));
    if (twins && !picked.other) holder.append(text("p", told("not_there", {world: labelOf(1 - picked.n).replace(/[:：]\s*$/, "")}), "note"));
  }

  function text(tag, words, style) {
    const made = document.createElement(tag);
    if (style) made.className = style;
    made.textContent = words;
    return made;
  }

  function lifeOf(n, id) {
    const holder = document.createElement("article"), one = worlds[n], life = one.world.lives[language][id];
    holder.append(text("h3", `${labelOf(n)}${nameOf(n, id)}`), stateOf(one, id));
    if (id[0] !== "V") return holder;
    if (!life) {
      holder.append(text("p", word("no_life"), "note"), text("code", `${one.world.story_command} --venture ${id}`));
      return holder;
    }
    const list = document.createElement("ol"), now = tickOf(at);
    list.className = "life";
    list.tabIndex = 0;
    let latest = null;
    life.forEach(([tick, sentence]) => {
      const item = text("li", tick === null ? sentence : `${date(tick)}${word("colon")}${sentence}`);
      if (tick === null || tick > now) item.className = "later"; else latest = item;
      list.append(item);
    });
    if (latest) latest.className = "now";
    holder.append(list);
    if (latest) requestAnimationFrame(() => { list.scrollTop = latest.offsetTop - list.offsetTop - list.clientHeight / 2; });
    return holder;
  }

  function stateOf(one, id) {
    const list = document.createElement("dl"), words = data.drawing[language], nodes = one.still.nodes, i = nodes.id.indexOf(id), fact = one.world.facts[id];
    const line = (name, value) => { if (value !== undefined && value !== null && value !== "") list.append(text("dt", word(name)), text("dd", value)); };
    const kind = words.kinds[one.world.film.nodes.kind[one.numberOf.get(id)]];
    const partners = i < 0 ? [] : one.still.edges.a.map((a, e) => (one.still.edges.layer[e] === 4 ? -1 : a === i ? one.still.edges.b[e] : one.still.edges.b[e] === i ? a : -1)).filter(place => place >= 0);
    if (id[0] === "V") {
      const form = words.forms[one.world.film.nodes.form[one.numberOf.get(id)]];
      line("what", [form, data.codes.sectors[language][fact[0]], kind, data.codes.origins[language][fact[1]]].join(word("dot")));
      line("founded", date(fact[2]));
      if (i >= 0) {
        const flags = [[1, words.unicorn], [2, words.paper], [4, words.zombie]].filter(([bit]) => nodes.flags[i] & bit).map(([, flag]) => flag);
        line("stage", [words.stages[nodes.look[i]], ...flags].join(word("dot")));
        if (nodes.size[i]) line("worth", told("about_sum", {sum: SeedbedDrawing.money(Math.pow(10, nodes.size[i] / 10) - 1, language, words.units)}));
      } else if (fact[3] >= 0 && fact[3] <= tickOf(at)) line("stage", `${data.codes.endings[language][fact[4]]}, ${date(fact[3])}`);
      else if (tickOf(at) < fact[2]) line("stage", word("not_yet"));
      else line("stage", word("too_small"));
    } else {
      if (id[0] === "F") {
        line("what", words.funds[fact[0]]);
        line("tolerance", told("years", {number: number(fact[1])}));
        line("life_of_fund", told("years", {number: number(fact[2])}));
        line("commitment", `${number(fact[3])} ${word("million")}`);
        line("raised", date(fact[4]));
        if (i < 0) line("stage", tickOf(at) < fact[4] ? word("not_yet") : word("over"));
      } else line("what", kind);
    }
    const names = [...new Set(partners)].map(place => nodes.id[place]);
    if (names.length) {
      list.append(text("dt", word("tied")));
      const value = document.createElement("dd");
      names.slice(0, 12).forEach((other, m) => {
        if (m) value.append(", ");
        value.append(link(nameOf(one.n, other), () => pick(one.n, other)));
      });
      if (names.length > 12) value.append(told("and_more", {number: names.length - 12}));
      list.append(value);
    }
    return list;
  }

  /* Who came and went within a quarter, or was too small to be drawn, stands in no still. */
  const drawn = (n, id) => worlds[n].numberOf.has(id);

  function link(words, action) {
    if (!action) return text("span", words);
    const made = text("button", words, "plain");
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }

  // ------------------------------------------------------------------------------------ lists: lost and found, unicorns

  function lists() {
    const holder = element("lists");
    holder.textContent = "";
    if (data.twins) {
      holder.append(text("h2", word("lost")), text("p", word("same_luck"), "note"));
      const chart = document.createElementNS("http://www.w3.org/2000/svg", "svg"), fates = data.twins.fates[language];
      holder.append(chart);
      SeedbedDrawing.twins(chart, {title: word("fates"), fates, counts: data.twins.counts, here: LETTERS[language][0], there: LETTERS[language][1], language});
      data.twins.lists.forEach(list => holder.append(folded(`${list.label[language]} (${number(list.number)})`, list.rows.map(row => {
        const item = document.createElement("li"), n = row.ids[0] ? 0 : 1;
        item.append(link(data.names[language][row.key] || row.ids[n], drawn(n, row.ids[n]) && (() => chosen(n, row.ids[n], row.parted))));
        item.append(told("fate_line", {here: fates[row.fates[0]], there: fates[row.fates[1]], when: row.parted === null ? "–" : date(row.parted)}));
        if (row.why) item.append(text("div", row.why[language], "note"));
        return item;
      }), list.number > list.rows.length ? told("and_more", {number: list.number - list.rows.length}) : "")));
    }
    worlds.forEach(one => holder.append(folded(`${labelOf(one.n)}${told("unicorns", {number: one.world.unicorns.length})}`, one.world.unicorns.map(([id, tick]) => {
      const item = document.createElement("li");
      item.append(link(nameOf(one.n, id), drawn(one.n, id) && (() => chosen(one.n, id, tick))), ` ${date(tick)}`);
      return item;
    }), "")));
  }

  function folded(title, items, more) {
    const made = document.createElement("details"), list = document.createElement("ul");
    list.append(...items);
    made.append(text("summary", title), list);
    if (more) made.append(text("p", more, "note"));
    return made;
  }

  // ------------------------------------------------------------------------------------------------ words, controls

  function about() {
    const holder = element("about");
    holder.textContent = "";
    data.made[language].forEach(paragraph => holder.append(text("p", paragraph)));
    holder.append(text("p", word("again"), ""), text("code", data.command), text("p", data.versions, "note"), text("p", word("keys"), "note"));
  }

  function speak() {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = data.title[language];
    element("title").textContent = data.title[language];
    element("lead").textContent = data.lead[language];
    element("language").textContent = word("other_language");
    element("language").lang = language === "zh" ? "en" : "zh-CN";
    element("controls").setAttribute("aria-label", word("controls"));
    element("when").setAttribute("aria-label", word("quarter"));
    for (const [id, name] of [["back", "back"], ["on", "on"]]) {
      element(id).textContent = id === "back" ? "◀" : "▶";
      element(id).setAttribute("aria-label", word(name));
      element(id).title = word(name);
    }
    document.querySelectorAll("[data-word]").forEach(one => { one.textContent = word(one.dataset.word); });
    for (const option of element("speed").options) option.textContent = told("a_second", {number: option.value});
    for (const one of worlds) {
      one.names = {};
      one.world.film.nodes.id.forEach((id, place) => { const name = data.names[language][one.world.film.nodes.key[place]]; if (name) one.names[id] = name; });
      one.view.set({words: data.drawing[language], language});
    }
    SeedbedDrawing.legend(element("legend"), data.drawing[language]);
    playLabel();
    about();
    lists();
    go(at);
    story();
  }

  function playLabel() {
    element("play").textContent = playing ? `❚❚ ${word("pause")}` : `► ${word("play")}`;
    element("play").setAttribute("aria-pressed", playing ? "true" : "false");
  }

  function pause() {
    clearTimeout(playing);
    playing = 0;
    playLabel();
  }

  function play() {
    if (playing) return pause();
    if (at === last) go(0);
    const step = () => {
      if (at === last) return pause();
      playing = setTimeout(step, 1000 / Number(element("speed").value));
      go(at + 1);
    };
    playing = setTimeout(step, 0);
    playLabel();
  }

  for (const speed of [1, 2, 4, 8, 16]) element("speed").append(new Option("", String(speed), speed === 4, speed === 4));
  element("when").max = String(last);
  element("when").addEventListener("input", () => { pause(); go(Number(element("when").value)); });
  element("play").addEventListener("click", play);
  element("back").addEventListener("click", () => { pause(); go(at - 1); });
  element("on").addEventListener("click", () => { pause(); go(at + 1); });
  element("language").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; speak(); });
  document.addEventListener("keydown", event => {
    if (event.target !== document.body || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = {" ": play, ArrowLeft: () => { pause(); go(at - 1); }, ArrowRight: () => { pause(); go(at + 1); }}[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => { lists(); charts(); }, 150); });
  if (data.marked) worlds.forEach(one => one.view.mark(data.marked[one.n]));
  speak();
})();
