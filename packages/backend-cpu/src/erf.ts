/**
 * Gauss error function by W. J. Cody's rational approximations (Rational Chebyshev approximations for the error function,
 * Math. Comp. 23, 1969): one ratio near 0, and two for erfc(x) e^(x^2) further out. Good to about 1e-16.
 */
export function erfOf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude <= 0.46875) return x * centre(x * x);
  if (magnitude > 6) return x > 0 ? 1 : -1;
  if (Number.isNaN(x)) return x;
  const scaled = magnitude <= 4 ? shoulder(magnitude) : tail(magnitude);
  const complement = scaled * Math.exp(-magnitude * magnitude);
  return x > 0 ? 1 - complement : complement - 1;
}

/** erf(x) / x for |x| <= 0.46875, given y = x^2. */
function centre(y: number): number {
  const p =
    (((0.18577770618460315 * y + 3.1611237438705655) * y + 113.86415415105016) * y + 377.485237685302) * y +
    3209.3775891384694;
  const q = (((y + 23.601290952344122) * y + 244.02463793444417) * y + 1282.6165260773723) * y + 2844.236833439171;
  return p / q;
}

/** erfc(x) e^(x^2) for 0.46875 <= x <= 4. */
function shoulder(x: number): number {
  let p = 2.1531153547440383e-8 * x + 0.5641884969886701;
  p = p * x + 8.883149794388377;
  p = p * x + 66.11919063714163;
  p = p * x + 298.6351381974001;
  p = p * x + 881.952221241769;
  p = p * x + 1712.0476126340707;
  p = p * x + 2051.0783778260716;
  p = p * x + 1230.3393547979972;
  let q = x + 15.744926110709835;
  q = q * x + 117.6939508913125;
  q = q * x + 537.1811018620099;
  q = q * x + 1621.3895745666903;
  q = q * x + 3290.7992357334597;
  q = q * x + 4362.619090143247;
  q = q * x + 3439.3676741437216;
  q = q * x + 1230.3393548037495;
  return p / q;
}

/** erfc(x) e^(x^2) for x >= 4. */
function tail(x: number): number {
  const y = 1 / (x * x);
  let p = 0.016315387137302097 * y + 0.30532663496123236;
  p = p * y + 0.36034489994980445;
  p = p * y + 0.12578172611122926;
  p = p * y + 0.016083785148742275;
  p = p * y + 0.0006587491615298378;
  let q = y + 2.568520192289822;
  q = q * y + 1.8729528499234673;
  q = q * y + 0.5279051029514285;
  q = q * y + 0.06051834131244132;
  q = q * y + 0.0023352049762686918;
  return (1 / Math.sqrt(Math.PI) - (y * p) / q) / x;
}
