import type { Backend, DType, Shape, TypedArray } from "@unrolled/backend";

export type Nested = number | readonly Nested[];

/** The part of a Tensor that the training cases use. */
export interface KitTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly grad: KitTensor | null;
  data(): Promise<TypedArray>;
  dataSync(): TypedArray;
  item(): number;
  backward(): void;
  detach(): KitTensor;
  dispose(): void;
  zero_(): KitTensor;
  sub_(other: KitTensor): KitTensor;
  neg(): KitTensor;
  exp(): KitTensor;
  log(): KitTensor;
  sqrt(): KitTensor;
  sin(): KitTensor;
  tanh(): KitTensor;
  sigmoid(): KitTensor;
  relu(): KitTensor;
  erf(): KitTensor;
  add(other: KitTensor | number): KitTensor;
  sub(other: KitTensor | number): KitTensor;
  mul(other: KitTensor | number): KitTensor;
  div(other: KitTensor | number): KitTensor;
  pow(other: KitTensor | number): KitTensor;
  maximum(other: KitTensor | number): KitTensor;
  less(other: KitTensor | number): KitTensor;
  sum(axes?: number | readonly number[]): KitTensor;
  mean(axes?: number | readonly number[]): KitTensor;
  max(axes?: number | readonly number[]): KitTensor;
  cumsum(axis: number): KitTensor;
  softmax(axis: number): KitTensor;
  logSoftmax(axis: number): KitTensor;
  variance(axes: number): KitTensor;
  matmul(other: KitTensor): KitTensor;
  reshape(shape: Shape): KitTensor;
  transpose(a: number, b: number): KitTensor;
  broadcastTo(shape: Shape): KitTensor;
  narrow(axis: number, start: number, length: number): KitTensor;
  select(axis: number, index: number): KitTensor;
  pad(widths: readonly (readonly [before: number, after: number])[]): KitTensor;
  flip(axes: number): KitTensor;
  indexSelect(indices: KitTensor, axis: number): KitTensor;
}

export interface KitModule {
  loadStateDict(state: Readonly<Record<string, Nested>>): unknown;
  namedParameters(): Iterable<readonly [name: string, parameter: KitTensor]>;
  parameters(): Iterable<KitTensor>;
}

export interface KitLayer extends KitModule {
  forward(
    x: KitTensor,
    state?: never,
    options?: { readonly lengths?: readonly number[] },
  ): readonly [KitTensor, unknown];
}

export interface KitHead extends KitModule {
  forward(x: KitTensor): KitTensor;
}

export interface KitOptimizer {
  step(loss: () => never): unknown;
}

interface Place {
  readonly backend: Backend;
  readonly dtype?: DType;
}

interface LayerOptions extends Place {
  readonly numLayers?: number;
  readonly bias?: boolean;
  readonly bidirectional?: boolean;
}

type LayerClass<O> = new (inputSize: number, hiddenSize: number, options: O) => KitLayer;
type OptimizerClass = new (parameters: never, options: { readonly lr: number }) => KitOptimizer;

/** What the training cases need of the toolkit; the package `unrolled` is one. */
export interface TrainingToolkit {
  tensor(
    data: Nested | TypedArray,
    options: Place & { readonly shape?: Shape; readonly requiresGrad?: boolean },
  ): KitTensor;
  zeros(shape: Shape, options: Place): KitTensor;
  concat(tensors: readonly KitTensor[], axis: number): KitTensor;
  where(condition: KitTensor, a: KitTensor, b: KitTensor): KitTensor;
  mseLoss(prediction: KitTensor, target: KitTensor): KitTensor;
  noGrad(body: () => void): void;
  scope(body: () => unknown): unknown;
  readonly RNN: LayerClass<LayerOptions & { readonly nonlinearity?: "tanh" | "relu" }>;
  readonly LSTM: LayerClass<LayerOptions>;
  readonly GRU: LayerClass<LayerOptions>;
  readonly Linear: new (inputSize: number, outputSize: number, options: Place) => KitHead;
  readonly SGD: OptimizerClass;
  readonly Adam: OptimizerClass;
}

type Class = new (...given: never) => object;
type AnyFunction = (...given: never) => unknown;

/** What a caller hands over: the same names, as functions and classes. Their parameters are the toolkit's own types. */
export type ToolkitModule = {
  readonly [K in keyof TrainingToolkit]: TrainingToolkit[K] extends Class ? Class : AnyFunction;
};

const named: { readonly [K in keyof TrainingToolkit]: true } = {
  ...{ tensor: true, zeros: true, concat: true, where: true, mseLoss: true, noGrad: true, scope: true },
  ...{ RNN: true, LSTM: true, GRU: true, Linear: true, SGD: true, Adam: true },
};

/** What a toolkit must have. */
export const toolkitNames: readonly string[] = Object.keys(named);
