"""Rival detectors and ours on the held-out suite, in one run.

`python3 rivals.py FOLDER [--silero MODEL.onnx] [--parley 'COMMAND detect --frames']`; webrtcvad by the PyPI package
webrtcvad-wheels, silero-vad by its ONNX file with onnxruntime, speexdsp by ctypes, plain energy; ours through the
command line, so that what is measured is what people get.
"""

import argparse
import ctypes
import glob
import json
import os
import subprocess
import time

import numpy as np

import suite
import voices

RATE = 8000


def webrtc(samples, mode):
    import webrtcvad
    detector = webrtcvad.Vad(mode)
    data = samples.astype("<i2").tobytes()
    return [((i + 1) * 0.02, None, detector.is_speech(data[i * 320:i * 320 + 320], RATE)) for i in range(len(samples) // 160)]


def silero(samples, session):
    x = samples.astype(np.float32) / 32768
    state, context, out = np.zeros((2, 1, 128), np.float32), np.zeros((1, 32), np.float32), []
    for i in range(len(x) // 256):
        chunk = x[None, i * 256:i * 256 + 256]
        p, state = session.run(None, {"input": np.concatenate([context, chunk], axis=1), "state": state,
                                      "sr": np.array(RATE, np.int64)})
        context = chunk[:, -32:]
        out.append(((i + 1) * 0.032, float(p[0, 0]), bool(p[0, 0] >= 0.5)))
    return out


def speex(samples):
    library = ctypes.CDLL("libspeexdsp.so.1")
    library.speex_preprocess_state_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.speex_preprocess_state_init(160, RATE))
    one = ctypes.c_int(1)
    library.speex_preprocess_ctl(state, 4, ctypes.byref(one))
    for request, value in ((14, 80), (16, 65)):
        library.speex_preprocess_ctl(state, request, ctypes.byref(ctypes.c_int(value)))
    out = []
    for i in range(len(samples) // 160):
        frame = (ctypes.c_int16 * 160)(*samples[i * 160:i * 160 + 160].tolist())
        out.append(((i + 1) * 0.02, None, bool(library.speex_preprocess_run(state, frame))))
    library.speex_preprocess_state_destroy(state)
    return out


def energy(samples):
    frames = samples[:len(samples) // 160 * 160].reshape(-1, 160).astype(np.float64)
    level = 10 * np.log10((frames ** 2).mean(axis=1) + 1)
    floor, out, hold = level[0], [], 0
    for i, value in enumerate(level):
        floor = value if value < floor else floor + 0.03
        hold = 5 if value > floor + 9 and value > 25 else hold - 1
        out.append(((i + 1) * 0.02, None, hold > 0))
    return out


def ours(path, command):
    lines = subprocess.run(command.split() + [path], capture_output=True, check=True, text=True).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    return [(r["end"], r["speech"], r["active"]) for r in rows]


def measure(decisions, labels):
    """Counts for one file; labels are spans in hops of 10 ms."""
    hops = int(round(decisions[-1][0] * 100))
    truth, heard = np.zeros(hops, bool), np.zeros(hops, bool)
    for a, b in labels:
        truth[a:b] = True
    begin = 0
    for end, _, active in decisions:
        until = int(round(end * 100))
        heard[begin:until] = active
        begin = until
    onsets, ends = [], []
    for index, (a, b) in enumerate(labels):
        if b > hops:
            break
        if a > 0 and not heard[a - 1]:
            later = [end for end, _, active in decisions if active and end * 100 > a + 0.5 and end * 100 <= b + 0.5]
            onsets.append((later[0] * 1000 - a * 10) if later else None)
        following = labels[index + 1][0] if index + 1 < len(labels) else hops
        off = np.flatnonzero(~heard[b - 1:following])
        if len(off):
            ends.append((off[0]) * 10)
    rises = np.flatnonzero(heard[1:] & ~heard[:-1]) + 1
    near = np.zeros(hops, bool)
    for a, b in labels:
        near[a:b] = True
    false_starts = int((~near[rises]).sum())
    breaks = sum(int((~heard[a:b][1:] & heard[a:b][:-1]).sum()) for a, b in labels)
    return dict(tp=int((truth & heard).sum()), fp=int((~truth & heard).sum()), fn=int((truth & ~heard).sum()),
                tn=int((~truth & ~heard).sum()), onsets=onsets, ends=ends, false_starts=false_starts, breaks=breaks,
                seconds=hops / 100, segments=len(labels))


def summary(rows):
    total = {k: sum(r[k] for r in rows) for k in ("tp", "fp", "fn", "tn", "false_starts", "breaks", "seconds", "segments")}
    onsets = [o for r in rows for o in r["onsets"] if o is not None]
    missed = sum(o is None for r in rows for o in r["onsets"])
    ends = [e for r in rows for e in r["ends"]]
    return dict(
        recall=total["tp"] / max(1, total["tp"] + total["fn"]), fpr=total["fp"] / max(1, total["fp"] + total["tn"]),
        f1=2 * total["tp"] / max(1, 2 * total["tp"] + total["fp"] + total["fn"]),
        onset50=np.percentile(onsets, 50) if onsets else 0, onset95=np.percentile(onsets, 95) if onsets else 0,
        missed=missed, hang50=np.percentile(ends, 50) if ends else 0, hang95=np.percentile(ends, 95) if ends else 0,
        starts=total["false_starts"] / total["seconds"] * 60, breaks=total["breaks"] / max(1, total["segments"]),
        active=(total["tp"] + total["fn"]) / max(1, total["tp"] + total["fn"] + total["fp"] + total["tn"]))


def line(name, s):
    return (f"{name:12s} F1 {s['f1']:.3f} recall {s['recall']:.3f} fpr {s['fpr']:.3f} onset {s['onset50']:4.0f}/{s['onset95']:4.0f} "
            f"missed {s['missed']:3d} hangover {s['hang50']:4.0f}/{s['hang95']:4.0f} false starts {s['starts']:5.1f}/min "
            f"breaks {s['breaks']:.2f} active {s['active']:.2f}")


def run(folder, model, command, cache):
    out = {}
    if os.path.exists(cache):
        out = json.load(open(cache))
    for path in sorted(glob.glob(f"{folder}/*.wav")):
        name = os.path.basename(path)[:-4]
        samples = (voices.read_wave(path) * 32768).astype(np.int16)
        row = out.setdefault(name, {})
        if "webrtc3" not in row:
            row["webrtc3"], row["webrtc2"] = webrtc(samples, 3), webrtc(samples, 2)
            row["speex"], row["energy"] = speex(samples), energy(samples)
        if model and "silero" not in row:
            import onnxruntime
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            row["silero"] = silero(samples, onnxruntime.InferenceSession(model, options))
        if command:
            row["parley"] = ours(path, command)
    plain = lambda o: bool(o) if isinstance(o, np.bool_) else float(o)
    json.dump(out, open(cache, "w"), default=plain)
    return out


def table(folder, decisions, threshold=suite.THRESHOLD, gap=suite.GAP, detectors=None, by="group"):
    names = sorted(decisions)
    detectors = detectors or list(decisions[names[0]])
    groups = {"all": names}
    for name in names:
        groups.setdefault(name.split("-")[0] if by == "group" else name, []).append(name)
    labels = {n: suite.spans(np.load(f"{folder}/{n}.npy").astype(np.float32), threshold, gap) for n in names}
    for group, members in groups.items():
        print(group)
        for detector in detectors:
            print("  " + line(detector, summary([measure(decisions[n][detector], labels[n]) for n in members])))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--silero")
    parser.add_argument("--parley")
    parser.add_argument("--cache", default="rivals.json")
    parser.add_argument("--threshold", type=float, default=suite.THRESHOLD)
    parser.add_argument("--gap", type=float, default=suite.GAP)
    parser.add_argument("--conditions", action="store_true")
    a = parser.parse_args()
    table(a.folder, run(a.folder, a.silero, a.parley, a.cache), a.threshold, a.gap, by="name" if a.conditions else "group")
