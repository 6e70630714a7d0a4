/** The name that messages about npz files begin with. */
export const op = "npz";
