import {
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GELU,
  Identity,
  type Layer,
  LayerNorm,
  LeakyReLU,
  Linear,
  LogSoftmax,
  type Module,
  ModuleDict,
  ModuleList,
  ReLU,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "@unrolled/nn";
import { choice, count, flag, integer, listOf, number, object, orNull } from "./fields.js";
import type { JsonObject } from "./json.js";
import { recurrentEntries } from "./recurrent-codecs.js";
import { entry, type Float, floatOf, floatType, type StockEntry } from "./stock-entry.js";

/** A class whose constructor takes nothing. */
const bare = <M extends Module>(type: new () => M, name: string): [string, StockEntry] =>
  entry<M, object>(type, name, { fields: {}, toConfig: () => ({}), fromConfig: () => new type() });

const modules = listOf(object);

/** Every class that `saveModel` knows without being told. */
export const stockEntries: ReadonlyMap<string, StockEntry> = new Map<string, StockEntry>([
  bare(Tanh, "Tanh"),
  bare(Sigmoid, "Sigmoid"),
  bare(ReLU, "ReLU"),
  bare(SiLU, "SiLU"),
  bare(Identity, "Identity"),
  entry<LeakyReLU, { negativeSlope: number }>(LeakyReLU, "LeakyReLU", {
    fields: { negativeSlope: number },
    toConfig: ({ negativeSlope }) => ({ negativeSlope }),
    fromConfig: ({ negativeSlope }) => new LeakyReLU(negativeSlope),
  }),
  entry<ELU, { alpha: number }>(ELU, "ELU", {
    fields: { alpha: number },
    toConfig: ({ alpha }) => ({ alpha }),
    fromConfig: ({ alpha }) => new ELU(alpha),
  }),
  entry<GELU, { approximate: "none" | "tanh" }>(GELU, "GELU", {
    fields: { approximate: choice("none", "tanh") },
    toConfig: ({ approximate }) => ({ approximate }),
    fromConfig: (config) => new GELU(config),
  }),
  entry<Softplus, { beta: number; threshold: number }>(Softplus, "Softplus", {
    fields: { beta: number, threshold: number },
    toConfig: ({ beta, threshold }) => ({ beta, threshold }),
    fromConfig: (config) => new Softplus(config),
  }),
  entry<Softmax, { axis: number }>(Softmax, "Softmax", {
    fields: { axis: integer },
    toConfig: ({ axis }) => ({ axis }),
    fromConfig: ({ axis }) => new Softmax(axis),
  }),
  entry<LogSoftmax, { axis: number }>(LogSoftmax, "LogSoftmax", {
    fields: { axis: integer },
    toConfig: ({ axis }) => ({ axis }),
    fromConfig: ({ axis }) => new LogSoftmax(axis),
  }),
  entry<Flatten, { start: number; end: number }>(Flatten, "Flatten", {
    fields: { start: integer, end: integer },
    toConfig: ({ start, end }) => ({ start, end }),
    fromConfig: ({ start, end }) => new Flatten(start, end),
  }),
  entry<Dropout, { p: number }>(Dropout, "Dropout", {
    fields: { p: number },
    toConfig: ({ p }) => ({ p }),
    fromConfig: ({ p }) => new Dropout(p),
  }),
  entry<Linear, { inFeatures: number; outFeatures: number; bias: boolean; dtype: Float }>(Linear, "Linear", {
    fields: { inFeatures: count, outFeatures: count, bias: flag, dtype: floatType },
    toConfig: ({ inFeatures, outFeatures, bias, weight }) => ({
      inFeatures,
      outFeatures,
      bias: bias !== null,
      dtype: floatOf(weight),
    }),
    elements: ({ inFeatures, outFeatures, bias }) => outFeatures * (inFeatures + (bias ? 1 : 0)),
    fromConfig: ({ inFeatures, outFeatures, ...options }, { place }) =>
      new Linear(inFeatures, outFeatures, { ...options, ...place }),
  }),
  entry<Embedding, { numEmbeddings: number; embeddingDim: number; paddingIdx: number | null; dtype: Float }>(
    Embedding,
    "Embedding",
    {
      fields: { numEmbeddings: count, embeddingDim: count, paddingIdx: orNull(count), dtype: floatType },
      toConfig: ({ numEmbeddings, embeddingDim, paddingIdx, weight }) => ({
        numEmbeddings,
        embeddingDim,
        paddingIdx,
        dtype: floatOf(weight),
      }),
      elements: ({ numEmbeddings, embeddingDim }) => numEmbeddings * embeddingDim,
      fromConfig: ({ numEmbeddings, embeddingDim, paddingIdx, dtype }, { place }) =>
        new Embedding(numEmbeddings, embeddingDim, { ...(paddingIdx === null ? {} : { paddingIdx }), dtype, ...place }),
    },
  ),
  entry<
    LayerNorm,
    { normalizedShape: readonly number[]; eps: number; elementwiseAffine: boolean; bias: boolean; dtype: Float }
  >(LayerNorm, "LayerNorm", {
    fields: { normalizedShape: listOf(count), eps: number, elementwiseAffine: flag, bias: flag, dtype: floatType },
    toConfig: ({ normalizedShape, eps, elementwiseAffine, bias, weight }) => ({
      normalizedShape,
      eps,
      elementwiseAffine,
      bias: bias !== null,
      dtype: weight ? floatOf(weight) : "float32",
    }),
    elements: ({ normalizedShape, elementwiseAffine }) =>
      elementwiseAffine ? normalizedShape.reduce((product, n) => product * n, 1) : 0,
    fromConfig: ({ normalizedShape, ...options }, { place }) =>
      new LayerNorm(normalizedShape, { ...options, ...place }),
  }),
  ...recurrentEntries,
  entry<Sequential, { modules: readonly JsonObject[] }>(Sequential, "Sequential", {
    fields: { modules },
    toConfig: (module, save) => ({ modules: [...module].map(save) }),
    fromConfig: (config, { build }) => new Sequential(...(config.modules.map(build) as Layer[])),
  }),
  entry<ModuleList, { modules: readonly JsonObject[] }>(ModuleList, "ModuleList", {
    fields: { modules },
    toConfig: (module, save) => ({ modules: [...module].map(save) }),
    fromConfig: (config, { build }) => new ModuleList(config.modules.map(build)),
  }),
  entry<ModuleDict, { modules: JsonObject }>(ModuleDict, "ModuleDict", {
    fields: { modules: object },
    toConfig: (module, save) => ({
      modules: Object.fromEntries([...module.entries()].map(([name, m]) => [name, save(m)])),
    }),
    fromConfig: (config, { build }) =>
      new ModuleDict(Object.fromEntries(Object.entries(config.modules).map(([name, m]) => [name, build(m)]))),
  }),
]);
