import { LSTM, manualSeed, packSequence, padPacked, padSequence, randn, unpackSequence } from "unrolled";

manualSeed(0);
const sequences = [randn([2, 3]), randn([5, 3]), randn([4, 3])]; // [time, features] each
const lengths = [2, 5, 4];
const lstm = new LSTM(3, 8, { batchFirst: true });

// Padded, with lengths
const padded = padSequence(sequences, { batchFirst: true });
console.log("padded", padded.shape);
const [y, [h]] = lstm.forward(padded, undefined, { lengths });
console.log("output", y.shape, "h", h.shape);
console.log("past the end of the first:", y.select(0, 0).narrow(0, 2, 3).abs().sum().item());

// h is the state after each sequence's own last step
const lastStep = y.select(0, 0).select(0, 1);
console.log("h is the last valid output:", h.select(0, 0).select(0, 0).sub(lastStep).abs().max().item() === 0);

// Packed: the same numbers, as in PyTorch
const packed = packSequence(sequences, { enforceSorted: false });
console.log("batch sizes", packed.batchSizes);
const [output] = lstm.forward(packed);
const [again, itsLengths] = padPacked(output, { batchFirst: true });
console.log("same output:", again.sub(y).abs().max().item() === 0, itsLengths);
console.log(unpackSequence(output).map((sequence) => sequence.shape));

// Two directions: the reverse one begins at each sequence's own end
const both = new LSTM(3, 8, { batchFirst: true, bidirectional: true });
const alone = both.forward(sequences[0].unsqueeze(0))[0];
const inBatch = both.forward(padded, undefined, { lengths })[0].narrow(0, 0, 1).narrow(1, 0, 2);
console.log("as if alone:", inBatch.sub(alone).abs().max().item() < 1e-6);
