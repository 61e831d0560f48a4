// The network and the face detector, run by onnxruntime-web.
import { KNOWN } from "./known.js";
import { unpacked } from "./unpacking.js";

const MOST_THREADS = 4;

export class Judge {
  /** Start both, from packed texts: { wasm, model, faces }. */
  static async open({ wasm, model, faces }) {
    const [wasmBinary, weights, detector] = await Promise.all([wasm, model, faces].map(unpacked));
    const { env, InferenceSession } = globalThis.ort; // the script before this one
    env.wasm.wasmBinary = wasmBinary;
    // Threads share memory, which browsers allow pages with the headers COOP and COEP alone.
    env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) : 1;
    env.logLevel = "error";
    const start = (bytes) => InferenceSession.create(new Uint8Array(bytes), { executionProviders: ["wasm"], logSeverityLevel: 3 });
    const network = await start(weights); // one after the other: the first starts the WebAssembly
    return new Judge(network, await start(detector));
  }

  constructor(network, detector) { Object.assign(this, { network, detector }); }

  /** Maps of one photo from its normalised pixels: { evidence, activity, attributes, technical, things }. */
  async mapsOf(pixels, { width, height }) {
    const { model: { attributes, technical, things } } = KNOWN;
    const names = ["evidence", "activity", ...(attributes.length ? ["attribute_maps"] : []), ...(technical ? ["technical_maps"] : []), ...(things ? ["thing_maps"] : [])];
    const found = await this.network.run({ pixels: new globalThis.ort.Tensor("float32", pixels, [1, 3, height, width]) },
      names.filter((name) => this.network.outputNames.includes(name)));
    return { evidence: planesOf(found.evidence)[0], activity: planesOf(found.activity)[0] ?? null, attributes: planesOf(found.attribute_maps), technical: planesOf(found.technical_maps), things: planesOf(found.thing_maps) };
  }

  /** The detector's outputs by their names, for detectFaces(). */
  async facesIn(pixels) {
    const { side } = KNOWN.faces;
    const found = await this.detector.run({ input: new globalThis.ort.Tensor("float32", pixels, [1, 3, side, side]) });
    return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data]));
  }
}

function planesOf(tensor) {
  if (tensor === undefined) return [];
  const [height, width] = tensor.dims.slice(-2), size = height * width;
  return Array.from({ length: tensor.data.length / size }, (_, i) => ({ cells: tensor.data.slice(i * size, (i + 1) * size), height, width }));
}
