/* The page of the teaching model: sliders, buttons, networks and charts. It knows nothing of the model: it asks teaching_worker.js, which runs it.

   All words come from the page's settings, in both languages. Whatever comes from the model or from the settings is written as text, never as markup. */

(function () {
  "use strict";

  const settings = JSON.parse(document.getElementById("settings").textContent);
  const element = id => document.getElementById(id);
  const SHOWN = ["unicorns", "paper_unicorns", "live", "zombies", "invested"];
  const SLOWEST = 250;  // milliseconds between two quarters of a playing run, where Python is faster

  let language = settings.language, worker = null, asked = new Map(), number = 0;
  let ready = false, busy = false, playing = false, begun = false, last = null, told = null, status = null, checked = null, took = null;
  const views = [null, null];
  const stands = new Map();  // by slider's id its stop

  // ------------------------------------------------------------------------------------------------------------- words

  function word(name, values) {
    let text = settings.words[language][name];
    for (const [key, value] of Object.entries(values || {})) text = text.split(`{${key}}`).join(String(value));
    return text;
  }

  function make(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function speak() {
    document.documentElement.lang = language;
    document.title = word("title");
    for (const each of document.querySelectorAll("[data-word]")) each.textContent = word(each.dataset.word);
    element("play").textContent = word(playing ? "pause" : "play");
    element("about").textContent = `Seedbed ${settings.version} · ${settings.rules}`;
    SeedbedDrawing.legend(element("legend"), settings.drawing[language]);
    buildSliders();
    if (status) say(...status);
    if (took !== null) showTook();
    if (!told) element("agent").replaceChildren(make("p", word("agent"), "quiet"));
    if (checked) showChecked();
  }

  function say(name, values) {
    status = [name, values];
    element("status").textContent = word(name, values);
  }

  function fail(name, values) {
    element("failed").textContent = word(name, values);
    element("failed").hidden = false;
  }

  // ----------------------------------------------------------------------------------------------------------- sliders

  function buildSliders() {
    for (const id of ["policy-0", "policy-1", "common"]) element(id).textContent = "";
    for (const slider of settings.sliders) {
      if (slider.policy) [0, 1].forEach(world => element(`policy-${world}`).append(oneSlider(slider, world)));
      else element("common").append(oneSlider(slider, 0));
    }
  }

  function oneSlider(slider, world) {
    const id = `${slider.path}-${world}`, box = make("div", undefined, "slider"), label = make("label"), told = make("output"), moved = make("input");
    if (!stands.has(id)) stands.set(id, world === 1 ? nearest(slider, settings.other[slider.path]) : slider.start);
    Object.assign(moved, {type: "range", min: 0, max: slider.stops.length - 1, step: 1, id});
    moved.value = stands.get(id);
    moved.title = slider.about[language];
    label.htmlFor = id;
    label.append(make("span", slider.name[language]), told);
    const show = () => {
      const stop = Number(moved.value);
      stands.set(id, stop);
      const text = `${SeedbedDrawing.number(slider.stops[stop], language, 2)} ${slider.unit[language]}${stop === slider.start ? ` (${word("as_in_file")})` : ""}`;
      told.textContent = slider.path === "city.graduates" ? String(slider.stops[stop]) : text;
      moved.setAttribute("aria-valuetext", told.textContent);
    };
    moved.addEventListener("input", () => {
      show();
      if (begun) say("changed");
    });
    show();
    const about = make("details"), summary = make("summary", slider.path, "quiet");
    about.append(summary, make("small", slider.about[language]));
    box.append(label, moved, about);
    return box;
  }

  function nearest(slider, value) {
    return slider.stops.reduce((best, stop, n) => (Math.abs(stop - value) < Math.abs(slider.stops[best] - value) ? n : best), slider.start);
  }

  /* What differs from the teaching city: a slider that stands where it stood says nothing. */
  function policy(world) {
    const changes = {};
    for (const slider of settings.sliders) {
      const stop = stands.get(`${slider.path}-${slider.policy ? world : 0}`);
      if (stop !== slider.start) changes[slider.path] = slider.stops[stop];
    }
    return changes;
  }

  // ------------------------------------------------------------------------------------------------------------ Python

  function ask(question) {
    return new Promise((done, refused) => {
      asked.set(++number, {done, refused});
      worker.postMessage({id: number, ...question});
    });
  }

  function hear({data}) {
    const {done, refused} = asked.get(data.id);
    asked.delete(data.id);
    if (data.failed !== undefined) refused(new Error(data.failed));
    else if (data.answer && data.answer.refused) refused(new Error(data.answer.refused));
    else done(data.answer);
  }

  async function start() {
    if (location.protocol === "file:") {
      fail("as_file", {command: "python -m http.server --bind 127.0.0.1"});
      return;
    }
    say("waiting");
    worker = new Worker("teaching_worker.js", {type: "module"});
    worker.onmessage = hear;
    worker.onerror = event => fail("failed", {why: event.message || "teaching_worker.js"});
    try {
      await ask({start: {pyodide: settings.pyodide, model: "seedbed.zip"}});
    } catch (error) {
      status = null;
      element("status").textContent = "";
      fail("no_pyodide", {place: settings.pyodide, why: error.message});
      return;
    }
    ready = true;
    say("ready");
    enable();
  }

  // ----------------------------------------------------------------------------------------------------------- running

  function enable() {
    const over = begun && last && last.over;
    element("begin").disabled = !ready || busy;
    element("step").disabled = !ready || !begun || busy || playing || over;
    element("play").disabled = !ready || !begun || ((over || busy) && !playing);
    element("check").disabled = !ready || busy || playing;
    element("play").textContent = word(playing ? "pause" : "play");
    element("play").setAttribute("aria-pressed", String(playing));
  }

  /* One question at a time; whatever goes wrong is told, and the page stays usable. */
  async function during(work) {
    if (busy) return;
    busy = true;
    element("failed").hidden = true;
    enable();
    try {
      await work();
    } catch (error) {
      playing = false;
      fail("failed", {why: error.message});
    } finally {
      busy = false;
      enable();
    }
  }

  function begin() {
    playing = false;
    return during(async () => {
      const twin = element("twin").checked;
      const seed = Number(element("seed").value), years = Number(element("years").value);
      await ask({ask: {ask: "open", seed, years, here: policy(0), there: twin ? policy(1) : null}});
      begun = true;
      told = null;
      say("ready");
      element("shown").hidden = false;
      openViews(twin ? 2 : 1);
      await quarter();
    });
  }

  async function quarter() {
    const before = performance.now();
    last = await ask({ask: {ask: "step", language}});
    const seconds = (performance.now() - before) / 1000;
    show();
    took = seconds;
    showTook();
    return seconds;
  }

  function showTook() {
    element("took").textContent = word("took", {seconds: SeedbedDrawing.number(took, language, 2)});
    element("took").dataset.seconds = took;
  }

  function play() {
    if (playing) {
      playing = false;
      enable();
      return;
    }
    if (busy) return;
    playing = true;
    during(async () => {
      while (playing && !last.over) {
        const seconds = await quarter();
        await new Promise(done => setTimeout(done, Math.max(0, SLOWEST - 1000 * seconds)));
      }
      playing = false;
    });
  }

  // ----------------------------------------------------------------------------------------------------------- showing

  function openViews(worlds) {
    element("second").hidden = worlds < 2;
    element("unicorns").hidden = worlds < 2;
    element("agent").replaceChildren(make("p", word("agent"), "quiet"));
    views.forEach((view, n) => {
      if (view) view.destroy();
      const how = {words: settings.drawing[language], language, onPick: id => tell(n, id)};
      views[n] = n < worlds ? SeedbedDrawing.network(element(`network-${n}`), how) : null;
    });
  }

  function show() {
    element("year").textContent = word(last.over ? "over" : "year", {year: last.year.toFixed(2)});
    last.worlds.forEach((world, n) => {
      if (last.unicorns) views[n].mark(last.unicorns.fundamental.only.filter(one => one.world === n).map(one => one.key));
      views[n].show(world.still);
    });
    showCharts();
    showUnicorns("fundamental");
    showUnicorns("paper");
  }

  function showCharts() {
    const figures = last.worlds.map(world => world.figures), names = [word("here"), word("there")];
    const charts = element("charts");
    for (const name of [...SHOWN, "funnel"]) {
      const id = `chart-${name}`;
      if (!element(id)) {
        const card = make("div", undefined, "card"), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        svg.id = id;
        card.append(svg);
        charts.append(card);
      }
      if (name === "funnel") continue;
      const found = figures.map(one => one.series.find(series => series.name === name));
      SeedbedDrawing.lines(element(id), {
        title: found[0].label, x: figures[0].years, xLabel: word("year_axis"), yLabel: found[0].unit, xMin: 0, xMax: Number(element("years").value) || undefined,
        yMax: Math.max(1, ...found.flatMap(series => series.values)),
        series: found.map((series, n) => ({name: figures.length > 1 ? names[n] : series.label, values: series.values})), language,
      });
    }
    SeedbedDrawing.funnel(element("chart-funnel"), {
      title: word("funnel"), here: names[0], there: names[1], xLabel: figures[0].funnel[0].unit, language,
      steps: figures[0].funnel.map((step, n) => ({label: step.label, value: step.value, ...(figures.length > 1 ? {other: figures[1].funnel[n].value} : {})})),
    });
  }

  function showUnicorns(kind) {
    const box = element(`unicorns-${kind}`);
    box.replaceChildren();
    if (!last.unicorns) return;
    const {both, only} = last.unicorns[kind];
    box.append(make("p", word("in_both", {n: both})));
    if (!only.length) box.append(make("p", word("no_difference")));
    const list = make("ul");
    for (const one of only) {
      const world = word(one.world ? "there" : "here"), fate = word(one.fate) + (one.other ? ` (${one.other})` : "");
      const item = make("li"), button = make("button", word("only_row", {id: `${one.name} (${one.id})`, world, fate}));
      button.className = "link";
      button.addEventListener("click", () => tell(one.world, one.id));
      item.append(button);
      list.append(item);
    }
    box.append(list);
  }

  async function tell(world, id) {
    told = {world, id};
    if (busy && playing) {  // the next quarter waits for nobody: stop, and tell then
      playing = false;
      while (busy) await new Promise(done => setTimeout(done, 30));
    }
    await during(async () => {
      const found = await ask({ask: {ask: "story", world, id, language}});
      const facts = make("dl"), life = make("ol", undefined, "life");
      for (const [name, value] of found.facts) facts.append(make("dt", name), make("dd", value));
      for (const sentence of found.life) life.append(make("li", sentence));
      element("agent").replaceChildren(make("h2", `${found.name} (${found.id}), ${found.kind} · ${word(world ? "there" : "here")}`), facts, life);
    });
  }

  // ------------------------------------------------------------------------------------------------------------- check

  function check() {
    return during(async () => {
      checked = null;
      element("checked").textContent = word("checking", {years: settings.recorded.years});
      checked = await ask({ask: {ask: "check", recorded: settings.recorded}});
      showChecked();
    });
  }

  function showChecked() {
    const {differ, tables, same_numbers} = checked;
    const name = !same_numbers ? "check_not" : differ.length ? "check_close" : "check_same";
    element("checked").textContent = word(name, {years: settings.recorded.years, tables, differ: differ.length, names: differ.join(", ")});
    element("checked").dataset.found = name;
  }

  // ------------------------------------------------------------------------------------------------------------- begin

  function changeLanguage() {
    language = element("language").value;
    speak();
    for (const view of views) if (view) view.set({words: settings.drawing[language], language});
    if (!begun || busy) return;  // a running play speaks the new language from its next quarter on
    during(async () => {
      last = await ask({ask: {ask: "look", language}});
      show();
    }).then(() => { if (told) tell(told.world, told.id); });
  }

  for (const [code, name] of Object.entries(settings.languages)) {
    const choice = make("option", name);
    choice.value = code;
    choice.lang = code;
    element("language").append(choice);
  }
  element("language").value = language;
  element("language").addEventListener("change", changeLanguage);
  element("years").value = settings.years;
  element("years").max = settings.most_years;
  element("begin").addEventListener("click", begin);
  element("step").addEventListener("click", () => during(quarter));
  element("play").addEventListener("click", play);
  element("check").addEventListener("click", check);
  element("twin").addEventListener("change", () => { for (const moved of element("policy-1").querySelectorAll("input")) moved.disabled = !element("twin").checked; });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (begun && last && innerWidth !== width) showCharts();
    width = innerWidth;
  });
  speak();
  start();
})();
