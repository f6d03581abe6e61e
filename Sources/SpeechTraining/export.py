"""Writes trained weights as Swift, and what the network makes of a seeded signal as the fixture of its test.

    python3 export.py WEIGHTS.npz ../FrontEnd/TrainedSpeechWeights.swift ../../Tests/FrontEndTests/SpeechFixture.swift
"""

import base64
import sys

import numpy as np

import features
import scenes

MATRICES = ("dense", "update", "reset", "candidate", "output")
HEADER = "// Made by Sources/SpeechTraining/export.py. Not to be edited.\n\n"


def packed(p):
    """Eight-bit rows and their scales."""
    rows = np.concatenate([np.zeros((0,), np.int8)] + [
        np.round(p[m] / (np.abs(p[m]).max(axis=1, keepdims=True) / 127 + 1e-12)).astype(np.int8).ravel() for m in MATRICES])
    scales = np.concatenate([np.abs(p[m]).max(axis=1) / 127 + 1e-12 for m in MATRICES])
    return rows, scales


def numbers(name, values):
    text, line = [], "       "
    for value in values:
        word = f" {value:.6g},"
        if len(line) + len(word) > 118:
            text.append(line)
            line = "       "
        line += word
    return f"    static let {name}: [Float] = [\n" + "\n".join(text + [line]) + "\n    ]\n"


def swift(p):
    rows, scales = packed(p)
    text = base64.b64encode(rows.tobytes()).decode()
    lines = [text[i:i + 104] for i in range(0, len(text), 104)]
    body = "\\\n".join(f"        {l}" for l in lines)
    out = HEADER + "/// What the training found; ``SpeechWeights`` unpacks it.\nenum TrainedSpeechWeights {\n"
    out += "    /// Eight-bit rows of the dense layer, the update, reset and candidate gates and the output, in base64.\n"
    out += '    static let packed: StaticString = """\n' + body + '\n        """\n'
    out += "    /// The scale of each row.\n" + numbers("scales", scales)
    out += "    /// Mean and deviation of each feature.\n" + numbers("mean", p["mean"]) + numbers("deviation", p["deviation"])
    for name in ("dense", "update", "reset", "candidate"):
        out += numbers(f"{name}Bias", p[f"{name}_bias"])
    return out + f"    static let outputBias: Float = {p['output_bias'][0]:.6g}\n}}\n"


def dequantised(p):
    rows, scales = packed(p)
    out, position, row = dict(p), 0, 0
    for m in MATRICES:
        height, width = p[m].shape
        values = rows[position:position + height * width].reshape(height, width).astype(np.float32)
        out[m] = values * scales[row:row + height, None].astype(np.float32)
        position, row = position + height * width, row + height
    return out


def run(p, x):
    """Features (frames, 80) to logits, a step at a time."""
    dense = p["dense"].shape[0]
    s, logits = np.zeros(p["output"].shape[1]), []
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    for frame in (x - p["mean"]) / p["deviation"]:
        h = np.maximum(p["dense"] @ frame + p["dense_bias"], 0)
        joined = np.concatenate([h, s])
        z = sigmoid(p["update"] @ joined + p["update_bias"])
        r = sigmoid(p["reset"] @ joined + p["reset_bias"])
        c = np.tanh(p["candidate"] @ np.concatenate([h, r * s]) + p["candidate_bias"])
        s = z * s + (1 - z) * c
        logits.append(float(p["output"][0] @ s + p["output_bias"][0]))
    return np.array(logits)


def test_signal(frames):
    """Buzz, noise, tones and silence from integers alone, as the test in Swift makes it: int16."""
    state, out = 12345, []
    for n in range(frames * 160):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        noise = (state >> 16) % 2001 - 1000
        part = (n // 4000) % 5
        saw = (n % (60 + n // 500 % 20)) * 150 - 4500
        square = 3000 if n // 10 % 2 else -3000
        out.append([noise, saw, saw // 4 + noise // 4, square, 0][part])
    return np.array(out, np.int16)


def fixture(p, frames=120):
    x = features.features(test_signal(frames)[None].astype(np.float32) / 32768)[0]
    chosen = [1, 26, 40, 60, 80, 119]
    out = HEADER + "/// What Sources/SpeechTraining computes of the signal in `SpeechDetectorTests`.\nenum SpeechFixture {\n"
    out += f"    static let frames: [Int] = {chosen}\n"
    out += "    /// The features of those frames.\n" + numbers("features", x[chosen].ravel())
    return out + "    /// The logit of every frame.\n" + numbers("logits", run(dequantised(p), x)) + "}\n"


if __name__ == "__main__":
    weights = dict(np.load(sys.argv[1]))
    open(sys.argv[2], "w").write(swift(weights))
    open(sys.argv[3], "w").write(fixture(weights))
