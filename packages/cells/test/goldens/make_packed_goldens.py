"""Writes packed.json: packed sequences of PyTorch, made from padded tensors and from lists, and padded again.

    pip install -r requirements.txt
    python make_packed_goldens.py

`packPadded`: an input [T, B, F] ([B, T, F] if batchFirst) and lengths give `data`, `batchSizes`, and the permutations
`sortedIndices` and `unsortedIndices`, null if enforceSorted. `padded` are calls of pad_packed_sequence on that result,
each with its options, the padded `output` and the `lengths` returned; the gradient is that of sum(output * cotangent).
`packSequence`: the same from a list of sequences; `unpacked` is the list that unpack_sequence gives back.
`errors`: calls that are wrong, in our words why, and the class that PyTorch raises (`raised`; null where it accepts the
call: lengths beyond the steps it packs all the same).
"""

import sys
from pathlib import Path

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, unpack_sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "goldens"))
from json_rows import write_rows  # noqa: E402

SIGNIFICANT_DIGITS = 12

# steps, trailing sizes, lengths, enforce_sorted, batch_first
PADDED = [
    (4, [2], [4, 2, 1], True, False),
    (4, [2], [4, 2, 1], True, True),
    (4, [2], [4, 2, 1], False, False),
    (5, [1], [2, 5, 1, 5], False, False),
    (5, [1], [2, 5, 1, 5], False, True),
    (3, [2], [3, 3], True, False),
    (3, [2], [3, 3, 3], False, True),
    (6, [1], [2, 3, 1], False, False),
    (1, [3], [1, 1], True, True),
    (4, [1], [3], False, False),
    (3, [], [1, 3, 2], False, False),
    (3, [2, 2], [2, 3], False, True),
    (7, [1], [3, 7, 1, 5, 7, 3, 2], False, False),
]
LISTS = [
    ([3, 2, 1], [2], True),
    ([1, 3, 2], [2], False),
    ([2, 2], [1], True),
    ([2, 4, 4, 1], [], False),
    ([1], [3], False),
]


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(4)
    sections = {
        "packPadded": [padded_case(*spec) for spec in PADDED],
        "packSequence": [list_case(*spec) for spec in LISTS],
        "errors": list(errors()),
    }
    write_rows(__file__, "packed.json", sections, SIGNIFICANT_DIGITS)


def padded_case(steps, trailing, lengths, enforce_sorted, batch_first):
    batch = len(lengths)
    x = draw([*([batch, steps] if batch_first else [steps, batch]), *trailing])
    options = {"batchFirst": batch_first, "enforceSorted": enforce_sorted}
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first, enforce_sorted)
    ways_back = [(False, 0.0, None), (True, 0.0, None), (batch_first, 0.0, steps), (False, -1.5, None), (True, 9.0, steps + 2)]
    return {
        "input": x,
        "lengths": lengths,
        "options": options,
        **fields(packed),
        "padded": [padded_again(x, lengths, options, *way) for way in ways_back],
    }


def padded_again(x, lengths, options, batch_first, padding_value, total_length):
    x = x.clone().requires_grad_()
    packed = pack_padded_sequence(x, torch.tensor(lengths), options["batchFirst"], options["enforceSorted"])
    output, returned = pad_packed_sequence(packed, batch_first, padding_value, total_length)
    cotangent = draw(output.shape)
    output.backward(cotangent)
    given = {"batchFirst": batch_first, "paddingValue": padding_value}
    given |= {} if total_length is None else {"totalLength": total_length}
    return {"options": given, "output": output, "lengths": returned, "cotangent": cotangent, "gradient": x.grad}


def list_case(lengths, trailing, enforce_sorted):
    sequences = [draw([length, *trailing]) for length in lengths]
    packed = pack_sequence(sequences, enforce_sorted)
    output, returned = pad_packed_sequence(packed)
    return {
        "sequences": sequences,
        "options": {"enforceSorted": enforce_sorted},
        **fields(packed),
        "padded": [{"options": {"batchFirst": False, "paddingValue": 0.0}, "output": output, "lengths": returned}],
        "unpacked": unpack_sequence(packed),
    }


def fields(packed):
    return {
        "data": packed.data,
        "batchSizes": packed.batch_sizes,
        "sortedIndices": packed.sorted_indices,
        "unsortedIndices": packed.unsorted_indices,
    }


def errors():
    x = torch.zeros(3, 2, 1)
    packed = pack_padded_sequence(x, torch.tensor([2, 1]))
    refused_lengths = [
        ([0, 2], False, "a length of zero"),
        ([3, -1], True, "a negative length"),
        ([1, 3], True, "unsorted lengths where enforceSorted"),
        ([4, 1], True, "a length beyond the steps"),
        ([3], True, "fewer lengths than sequences"),
        ([3, 2, 1], True, "more lengths than sequences"),
    ]
    for lengths, enforce_sorted, problem in refused_lengths:
        call = {"inputShape": [3, 2, 1], "lengths": lengths, "options": {"batchFirst": False, "enforceSorted": enforce_sorted}}
        raised = refusal(lambda: pack_padded_sequence(x, torch.tensor(lengths), False, enforce_sorted))
        yield {"function": "packPadded", **call, "problem": problem, "raised": raised}
    raised = refusal(lambda: pack_sequence([torch.zeros(1, 1), torch.zeros(2, 1)]))
    options = {"enforceSorted": True}
    problem = "unsorted sequences where enforceSorted"
    yield {"function": "packSequence", "lengths": [1, 2], "options": options, "problem": problem, "raised": raised}
    raised = refusal(lambda: pad_packed_sequence(packed, total_length=1))
    problem = "a total length below the longest sequence"
    yield {"function": "padPacked", "lengths": [2, 1], "options": {"totalLength": 1}, "problem": problem, "raised": raised}


def refusal(call):
    try:
        call()
    except (RuntimeError, ValueError, IndexError) as error:
        return type(error).__name__
    return None


def draw(shape):
    return torch.randn(shape).round(decimals=3)


main()
