export type Kind = "RNN" | "LSTM" | "GRU";

/** For each gate of the op table, its place in ONNX's stack: r, z, n in z, r, h; i, f, g, o in i, o, f, c. */
export const gateOrders: { readonly [K in Kind]: readonly number[] } = { RNN: [0], LSTM: [0, 2, 3, 1], GRU: [1, 0, 2] };

/** The recurrent operators. */
export const isRecurrent = (opType: string): opType is Kind => Object.hasOwn(gateOrders, opType);
