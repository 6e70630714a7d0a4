import { arange, concat, LSTM, lengthsMask, manualSeed, noGrad, ones, stack, tensor, where } from "unrolled";

manualSeed(0);
const x = arange(24).reshape([2, 3, 4]); // torch.arange(24.).reshape(2, 3, 4)
console.log(x.select(1, -1).shape); // x[:, -1]
console.log(x.slice(null, [1, 3]).shape); // x[:, 1:3]
console.log(x.transpose([2, 0, 1]).shape, x.swapAxes(0, 1).shape); // x.permute(2, 0, 1), x.transpose(0, 1)
console.log(x.mean(1).shape, x.sum([0, 2], { keepDims: true }).shape); // x.mean(1), x.sum((0, 2), keepdim=True)
console.log(x.mul(2).add(x).equal(x.mul(3)).all().item()); // (x * 2 + x == x * 3).all()
console.log(where(x.less(12), x, 0).max().item()); // torch.where(x < 12, x, 0.)
console.log(concat([x, x], 1).shape, stack([x, x]).shape); // torch.cat([x, x], 1), torch.stack([x, x])
console.log(x.unbind(1).length, x.flatten(0, 1).shape); // x.unbind(1), x.flatten(0, 1)

const ids = tensor([1, 0, 1], { dtype: "int32" }); // torch.tensor([1, 0, 1])
console.log(x.indexSelect(ids, 0).shape); // x.index_select(0, ids)

const lstm = new LSTM(4, 5, { numLayers: 2, batchFirst: true }); // nn.LSTM(4, 5, num_layers=2, batch_first=True)
const [y, [h]] = noGrad(() => lstm.forward(x)); // with torch.no_grad(): y, (h, c) = lstm(x)
console.log(y.shape, h.shape, y.requiresGrad);
const [masked] = lstm.forward(ones([2, 3, 4]), undefined, { lengths: [3, 1] }); // pack_padded_sequence and back
console.log(masked.select(0, 1).select(0, 2).toArray()); // beyond its length: zeros
console.log(lengthsMask([3, 1], 4).toArray()); // torch.arange(4) < torch.tensor([3, 1])[:, None], as 1 and 0
