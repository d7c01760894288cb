// magenta.js as a server of one model: a JSON command a line in, a JSON answer a line out.
//
//   node tools/magenta.js MODULES [tfjs-node]
//
// MODULES is a folder with node_modules that hold @magenta/music and @tensorflow/tfjs. Commands:
//   {"do": "load", "url": ..., "control": {"chords": [...], "key": 3, "extra": {name: rows}}}
//   {"do": "encode", "windows": [[[class, ...], ...], ...]}   -> "mu"
//   {"do": "decode", "z": [[...], ...]}                       -> "windows", by argmax
//   {"do": "sample", "count": 4}                              -> nothing but the time
//   {"do": "interpolate", "windows": two, "count": 8}         -> nothing but the time
// Every answer has "ms", the time of the model alone, from and to arrays in memory.
'use strict';
const path = require('path');
const { createRequire } = require('module');
const readline = require('readline');

const [modules, backend] = process.argv.slice(2);
const need = createRequire(path.join(path.resolve(modules), 'x.js'));
const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n');
console.log = console.warn = console.info = () => {};
if (backend) need(`@tensorflow/${backend}`);
const tf = need('@tensorflow/tfjs');
const { MusicVAE } = need('@magenta/music/node/music_vae');

let model;
let control;

// The widths of the tracks side by side in a tensor, or null for columns that are no one-hot.
function depths() {
  const c = model.dataConverter;
  const kind = model.spec.dataConverter.type;
  if (kind === 'TrioConverter') {
    return [c.melConverter, c.bassConverter, c.drumsConverter].map((part) => part.depth);
  }
  return ['DrumRollConverter', 'GrooveConverter', 'MelodyRhythmConverter'].includes(kind)
    ? null
    : [model.decoder.outputDims];
}

// Windows of classes (of a groove: of numbers) -> the tensor that encodeTensors takes.
function toTensor(windows) {
  const kind = model.spec.dataConverter.type;
  const roll = ['DrumsConverter', 'DrumRollConverter'].includes(kind);
  const widths = roll ? null : depths();
  const row = (step) => {
    if (roll) {
      const bits = model.dataConverter.pitchClasses.map((_, i) => (step[0] >> i) & 1);
      return [...bits, step[0] ? 0 : 1];
    }
    if (!widths) return step;
    return step.flatMap((cls, i) => Array.from({ length: widths[i] }, (_, j) => +(j === cls)));
  };
  // What follows the end of a track is no class: all zeros, as toTensor of magenta.js has it.
  const end = model.dataConverter.endToken;
  const size = model.dataConverter.numSteps / (model.dataConverter.numSegments || 1);
  const rows = (window) => {
    let over = false;
    return window.map((step, i) => {
      if (i % size === 0) over = false;
      const values = row(over ? [-1] : step);
      if (end !== undefined && step[0] === end) over = true;
      return values;
    });
  };
  return tf.tensor3d(windows.map(rows));
}

async function toWindows(tensor) {
  const kind = model.spec.dataConverter.type;
  const rows = await tensor.array();
  if (kind === 'GrooveConverter' || kind === 'MelodyRhythmConverter') return rows;
  if (kind === 'DrumRollConverter') {
    return rows.map((w) => w.map((s) => [s.reduce((sum, bit, i) => sum + (bit << i), 0)]));
  }
  const widths = depths();
  return rows.map((w) => w.map((step) => {
    let at = 0;
    return widths.map((width) => {
      const part = step.slice(at, (at += width));
      return part.indexOf(1);
    });
  }));
}

async function timed(work) {
  const begun = process.hrtime.bigint();
  const tensor = await work();
  await tensor.data();
  return [tensor, Number(process.hrtime.bigint() - begun) / 1e6];
}

const commands = {
  async load({ url, control: given }) {
    if (model) model.dispose();
    const begun = process.hrtime.bigint();
    model = new MusicVAE(url);
    await model.initialize();
    const ms = Number(process.hrtime.bigint() - begun) / 1e6;
    control = undefined;
    if (given) {
      const extra = Object.entries(given.extra || {}).map(([k, v]) => [k, tf.tensor2d(v)]);
      control = { chordProgression: given.chords, key: given.key };
      if (extra.length) control.extraControls = Object.fromEntries(extra);
    }
    const controls = control ? await model.controlArgsToTensor(control).array() : null;
    return { ms, controls, backend: tf.getBackend(), tfjs: tf.version.tfjs };
  },
  async encode({ windows }) {
    const input = toTensor(windows);
    // Segments of varying length are encoded one window at a time: it takes no more.
    const apart = model.dataConverter.endTensor ? tf.split(input, windows.length) : [input];
    const mu = [];
    let total = 0;
    for (const part of apart) {
      const [tensor, ms] = await timed(() => model.encodeTensors(part, control));
      mu.push(...(await tensor.array()));
      total += ms;
    }
    return { ms: total, mu };
  },
  async decode({ z }) {
    const codes = tf.tensor2d(z);
    const [tensor, ms] = await timed(() => model.decodeTensors(codes, undefined, control));
    return { ms, windows: await toWindows(tensor) };
  },
  async sample({ count }) {
    const [, ms] = await timed(() => model.sampleTensors(count, 0.5, control));
    return { ms };
  },
  async interpolate({ windows, count }) {
    const input = toTensor(windows);
    const [, ms] = await timed(() => model.interpolateTensors(input, count, undefined, control));
    return { ms };
  },
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      say(await commands[command.do](command));
    } catch (error) {
      say({ error: String(error && error.message ? error.message : error) });
    }
  }
})();
