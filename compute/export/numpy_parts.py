"""The parts of an exported NumPy script that are the same in all: functions, and what is done with raw rows."""

from __future__ import annotations

HELPERS = {
    "numbers": '''
def numbers(text, shape):
    """The float32 numbers in a text of base64."""
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)
''',
    "erf": """
erf = np.vectorize(math.erf, otypes=[float])
""",
    "sigmoid": """
def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)
""",
    "leaky_relu": """
def leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)
""",
    "elu": """
def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))
""",
    "gelu": """
erfc = np.vectorize(math.erfc, otypes=[float])


def gelu(x):
    return x * 0.5 * erfc(-x * 0.7071067811865476)
""",
    "softplus": """
def softplus(x):
    return np.logaddexp(0.0, x)
""",
    "silu": """
def silu(x):
    return x * sigmoid(x)
""",
    "mish": """
def mish(x):
    return x * np.tanh(np.logaddexp(0.0, x))
""",
    "softmax": """
def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
""",
    "log_softmax": """
def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
""",
    "batch_norm": '''
def batch_norm(x, weight, bias, mean, variance, epsilon):
    """By the statistics that training left."""
    return (x - mean) / np.sqrt(variance + epsilon) * weight + bias
''',
    "layer_norm": """
def layer_norm(x, weight, bias, epsilon):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * weight + bias
""",
    "conv1d": '''
def conv1d(x, weight, stride, before, behind):
    """x (rows, steps, channels), weight (size, channels, filters)."""
    x = np.pad(x, ((0, 0), (before, behind), (0, 0)))
    last = x.shape[1] - len(weight)
    return sum(x[:, k : k + last + 1 : stride] @ weight[k] for k in range(len(weight)))
''',
}
"""By the word that needs it; silu needs sigmoid beside it."""

PREPARED = '''
def column(rule, rows):
    """One input of the network, from the column of a table that it is made of."""
    source = rule.get("source", rule["column"])
    if source not in rows:
        raise ValueError(f'the column "{source}" is missing; there are {", ".join(rows)}')
    behind = rule.get("made") in ("lag", "window")
    classes, values = rule.get("classes"), np.empty(len(rows[source]))
    for at, value in enumerate(rows[source]):
        text = "" if value is None else str(value).strip()
        if isinstance(value, float) and value.is_integer() and classes:
            text = str(int(value))
        if classes and text in classes:
            values[at] = classes.index(text)
        elif text.lower() in MISSING:
            if "missing" not in rule and not behind:
                raise ValueError(f'row {at} of the column "{source}" is missing')
            values[at] = np.nan if behind else classes.index(rule["missing"]) if classes else rule["missing"]
        elif classes:
            raise ValueError(f'row {at} of the column "{source}" is "{text}", which is none of {", ".join(classes)}')
        else:
            try:
                values[at] = float(text)
            except ValueError:
                raise ValueError(f'row {at} of the column "{source}" is "{text}", which is no number') from None
    if rule.get("made") == "one-hot":
        values = (values == (classes.index(rule["argument"]) if rule["argument"] in classes else -1)) * 1.0
    elif behind:
        values = past(rule["argument"], values)
    return (values - rule["mean"]) / rule["std"]


def past(argument, values):
    """What a column was some rows earlier, or the mean, min or max of some of its earlier rows; nan without those."""
    of, first, last = re.fullmatch(r"(?:(mean|min|max) )?t-(\\d+)(?:\\.\\.t-(\\d+))?\\]", argument).groups()
    first, last = int(first), int(last or first)
    out = np.full(len(values), np.nan)
    for at in range(first, len(values)):
        out[at] = getattr(np, of or "mean")(values[at - first : at - last + 1])
    return out
'''

REST = """
def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} ROWS.csv > ANSWERS.csv")
    with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    try:
        answers = predict({name: [line[at] for line in lines] for at, name in enumerate(header)})
    except ValueError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    out = csv.writer(sys.stdout, lineterminator="\\n")
    out.writerow(answers)
    out.writerows(zip(*answers.values()))


if __name__ == "__main__":
    main()
"""
