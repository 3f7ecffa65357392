/* Starts Python in a worker, so that the page stays responsive, and hands on questions to teaching_entry.py.

   page -> worker   {id, start: {pyodide, model}}      or   {id, ask: {...}}
   worker -> page   {id, answer: {...}}                or   {id, failed: text}                                              */

"use strict";

const PACKAGE = "seedbed.experiments.page.teaching_entry";
let answer = null;

async function start({pyodide, model}) {
  const home = new URL(pyodide, self.location.href).href;
  const {loadPyodide} = await import(`${home}pyodide.mjs`);
  const python = await loadPyodide({indexURL: home, packageBaseUrl: home, lockFileURL: `${home}pyodide-lock.json`});  // all from one place, and from nowhere else
  await python.loadPackage("numpy", {messageCallback: () => {}});
  const packed = await fetch(new URL(model, self.location.href));
  if (!packed.ok) throw new Error(`${model}: ${packed.status}`);
  python.FS.writeFile("/tmp/model.zip", new Uint8Array(await packed.arrayBuffer()));
  python.runPython("import sys, zipfile; zipfile.ZipFile('/tmp/model.zip').extractall('/tmp/model'); sys.path.insert(0, '/tmp/model')");
  answer = python.pyimport(PACKAGE).answer;
  return {python: python.runPython("sys.version.split()[0]"), numpy: python.runPython("import numpy; numpy.__version__"), pyodide: python.version};
}

async function reply(question) {
  if (question.start) return start(question.start);
  if (!answer) throw new Error("Python has not been started");
  return JSON.parse(answer(JSON.stringify(question.ask)));
}

self.onmessage = async ({data}) => {
  try {
    self.postMessage({id: data.id, answer: await reply(data)});
  } catch (error) {
    self.postMessage({id: data.id, failed: String((error && error.message) || error)});
  }
};
