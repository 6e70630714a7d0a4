import { grad, noGrad, ones, scope, tensor } from "unrolled";

// .grad of a leaf, after backward
const w = tensor([2, -3], { requiresGrad: true });
const loss = w.square().sum(); // w0^2 + w1^2
loss.backward();
console.log("dloss/dw", w.grad?.toArray()); // 2 w

// Gradients add up until they are cleared
w.mul(10).sum().backward();
console.log("added   ", w.grad?.toArray());
w.grad?.zero_();

// An output that is no scalar needs the cotangent
w.square().backward(ones([2]));
console.log("again   ", w.grad?.toArray());

// Gradients as values, also of gradients
const x = tensor(2, { requiresGrad: true });
const [first] = grad(x.pow(3), [x], { createGraph: true });
const [second] = grad(first, [x]);
console.log("x^3 at 2:", first.item(), second.item()); // 3 x^2, 6 x

// Off the tape
const constant = w.detach();
const measured = noGrad(() => w.mul(5));
console.log("recorded:", w.mul(5).requiresGrad, constant.requiresGrad, measured.requiresGrad);

// Gradient descent by hand
const p = tensor(0, { requiresGrad: true });
for (let i = 0; i < 50; i++) {
  scope(() => p.sub(3).square().backward()); // what is made inside is freed here
  const gradient = p.grad;
  if (gradient) noGrad(() => p.sub_(gradient.mul(0.1)));
  p.grad = null;
}
console.log("minimum at", p.item().toFixed(3));
