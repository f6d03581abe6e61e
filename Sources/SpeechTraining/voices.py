"""Voices and music for training: prompts of Debian's asterisk-core-sounds packages and synthetic voices.

Everything is mono, 8 kHz, float32 with full scale 1, 0 dBm0 being a sine 3.14 dB below full scale.
"""

import glob
import hashlib
import io
import os
import subprocess
import wave

import numpy as np
import soundfile
from scipy.signal import resample_poly

import arranger

RATE = 8000
#: Mean square of 0 dBm0.
FULL_MEAN_SQUARE = 0.5 * 10 ** (-0.314)

SENTENCES = {
    "en-us": [
        "I would like to change my appointment on Thursday afternoon, please.",
        "My account number is four seven one, two two nine, eight.",
        "Could you put me through to somebody in billing?", "Yes.", "No, that is not what I said.",
        "The parcel should have been here on Monday, and it is not.", "Hello? Is anybody there?",
        "Thank you for calling. All of our agents are busy at the moment.",
    ],
    "en-gb": ["Please hold the line while I look for your file.", "It's half past three on Saturday the ninth of July.",
              "We open at eight and close at six.", "Which of the two would you prefer?"],
    "de": ["Ich möchte bitte meine Adresse ändern.", "Die Rechnung vom letzten Monat ist falsch.", "Ja, genau.",
           "Könnten Sie mich mit der Werkstatt verbinden?", "Achtundvierzig, sechzehn, neun."],
    "fr": ["Je voudrais parler à quelqu'un du service technique.", "Mon numéro de client est le trois cent douze.",
           "Non, pas du tout.", "La livraison était prévue pour hier matin."],
    "es": ["Quisiera saber el saldo de mi cuenta.", "No me funciona la conexión desde esta mañana.", "Sí, claro.",
           "Mi código postal es dos ocho cero uno tres."],
    "it": ["Vorrei prenotare una visita per giovedì prossimo.", "Il treno delle sette è già partito?", "Va bene, grazie.",
           "Mi può ripetere il numero, per favore?"],
    "pt": ["Gostaria de cancelar a minha assinatura.", "O técnico não apareceu ontem à tarde.", "Está certo, obrigado."],
    "nl": ["Ik wil graag een afspraak maken voor volgende week.", "Mijn bestelling is nog niet aangekomen.", "Nee, dank u."],
    "pl": ["Chciałbym zmienić termin wizyty.", "Proszę połączyć mnie z działem reklamacji.", "Tak, oczywiście."],
    "ru": ["Я хотел бы узнать, где мой заказ.", "Соедините меня, пожалуйста, с оператором.", "Да, всё верно."],
    "sv": ["Jag skulle vilja tala med någon på kundtjänst.", "Det har inte fungerat sedan i går.", "Ja tack."],
    "tr": ["Faturamla ilgili bir sorum var.", "Randevumu yarına almak istiyorum.", "Evet, doğru."],
    "cmn": ["我想查询我的账户余额。", "请帮我转接人工服务。", "好的,谢谢。"],
    "hi": ["मुझे अपने बिल के बारे में पूछना है।", "कृपया मुझे ग्राहक सेवा से जोड़िए।"],
    "ar": ["أريد أن أتحدث مع أحد الموظفين من فضلك.", "رقم حسابي هو خمسة ثلاثة سبعة."],
    "fi": ["Haluaisin siirtää aikaani ensi viikolle.", "Kiitos, hyvää päivänjatkoa."],
}
VARIANTS = ["", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5"]
FLITE_VOICES = ["kal", "kal16", "awb", "rms", "slt"]
SOUNDS = "/usr/share/asterisk/sounds"
MUSIC = "/usr/share/asterisk/moh"
#: Folders of wesnoth-1.16-music, extremetuxracer-data, hedgewars-data, neverball-common, lincity-ng-data, warzone2100-music.
GAMES = ("wesnoth/1.16/data/core/music", "etr/music", "hedgewars/Data/Music", "neverball/bgm", "lincity-ng/music",
         "warzone2100/music")
#: Voices of Festival, of which neither training nor the choice of margins hears anything, and what they say.
FESTIVAL = {
    ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"): [
        "Good morning, this is about the order I placed last week.", "Can I get a refund?", "Agent.", "Seven three, oh five, one.",
        "I've been waiting for twenty minutes already, so please don't put me on hold again.", "Thursday at four would suit me.",
        "Somebody told me to press two, but nothing happens when I do.", "Yes, speaking."],
    ("suo_fi_lj_diphone", "hy_fi_mv_diphone"): [
        "Haluan puhua asiakaspalvelun kanssa.", "Laskuni on liian suuri.", "Joo, sopii hyvin.", "Kolme seitseman nelja yksi.",
        "Tilaus tehtiin viime maanantaina eika se ole tullut perille."],
    ("czech_ph", "czech_machac"): [
        "Dobry den, potrebuji mluvit s technikem.", "Ne, to neni pravda.", "Ano.", "Dva pet nula osm devet.",
        "Posledni faktura byla vyssi nez obvykle a nevim proc."],
    ("upc_ca_ona_hts",): ["Bon dia, voldria parlar amb algu de facturacio.", "No, gracies.", "Si.", "Quatre vuit dos, zero nou."],
    ("pc_diphone",): ["Buongiorno, ho un problema con la linea di casa.", "Non adesso.", "Pronto?", "Sei due nove, uno quattro."],
}
#: Music of asc-music and frozen-bubble-data, of which the same is true.
UNHEARD_MUSIC = ("asc/music/*.mp3", "frozen-bubble/snd/*zik*.ogg")
#: Music files that only tests hear.
HELD_OUT_MUSIC = ("manolo_camp-morning_coffee.wav", "reno_project-system.wav")


def read_wave(data):
    with wave.open(data) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        if file.getnchannels() > 1:
            samples = samples.reshape(-1, file.getnchannels()).mean(axis=1)
        if file.getframerate() != RATE:
            divisor = np.gcd(RATE, file.getframerate())
            samples = resample_poly(samples, RATE // divisor, file.getframerate() // divisor).astype(np.float32)
        return samples


def said(command, text=None):
    """What a synthesiser writes, run until it wrote the same twice running: once in some thousand runs one does not, on a
    busy machine, and then the scenes with that voice would not be those of other runs."""
    last = None
    for _ in range(8):
        written = subprocess.run(command, input=text, capture_output=True).stdout
        if written == last:
            return written
        last = written
    raise RuntimeError(f"{' '.join(command)}: writes something else each time")


def read_stream(octets):
    """What a synthesiser writes as a stream, whose header does not know its length."""
    data = bytearray(octets)
    data[40:44] = (len(data) - 44).to_bytes(4, "little")
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    return read_wave(io.BytesIO(bytes(data)))


def prompts(languages):
    """Every prompt of these languages, by language and name: a speaker each."""
    found = []
    for language in languages:
        for path in sorted(glob.glob(f"{SOUNDS}/{language}/**/*.wav", recursive=True)):
            if "silence" in path or "beep" in path or "/tone" in path:
                continue
            samples = read_wave(path)
            if len(samples) > RATE // 4:
                found.append((language, samples))
    return found


def synthetic(random, count):
    """Utterances of espeak-ng and flite, seeded."""
    found = []
    languages = sorted(SENTENCES)
    while len(found) < count:
        language = languages[random.integers(len(languages))]
        text = SENTENCES[language][random.integers(len(SENTENCES[language]))]
        if random.random() < 0.25:
            text = " ".join(str(d) for d in random.integers(0, 10, random.integers(1, 9)))
        if random.random() < 0.2 and language.startswith("en"):
            voice = FLITE_VOICES[random.integers(len(FLITE_VOICES))]
            stretch = random.uniform(0.8, 1.25)
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}", "-t", text, "-o", "/dev/stdout"]
        else:
            voice = language + VARIANTS[random.integers(len(VARIANTS))]
            command = ["espeak-ng", "-v", voice, "-s", str(random.integers(120, 230)), "-p", str(random.integers(20, 80)),
                       "--stdout", text]
        written = said(command)
        if len(written) < 2000:
            continue
        samples = read_stream(written)
        if len(samples) > RATE // 5:
            found.append((voice, samples))
    return found


def festival():
    """Every sentence of every voice of `FESTIVAL`, by voice."""
    found = []
    for names, sentences in FESTIVAL.items():
        for name in names:
            for text in sentences:
                samples = read_stream(said(["text2wave", "-eval", f"(voice_{name})"], text.encode()))
                # A pause is all that some voices have for some words.
                if len(samples) > RATE // 3 and np.mean(samples ** 2) > 1e-5:
                    found.append((name, samples))
    return found


def digest(sounds):
    """The SHA-256 of sounds one after the other: two runs that have it make the same scenes of the same seed."""
    total = hashlib.sha256()
    for samples in sounds:
        total.update(np.ascontiguousarray(samples).tobytes())
    return total.hexdigest()


def excerpt(path):
    """The minute in the middle of a file of music."""
    with soundfile.SoundFile(path) as file:
        length = min(file.frames, file.samplerate * 60)
        file.seek((file.frames - length) // 2)
        samples = file.read(length, dtype="float32", always_2d=True).mean(axis=1)
        divisor = np.gcd(RATE, file.samplerate)
    return resample_poly(samples, RATE // divisor, file.samplerate // divisor).astype(np.float32)


def holds(is_held_out=False):
    """The tracks of music on hold that training hears, or those that only tests hear."""
    return [read_wave(path) for path in sorted(glob.glob(f"{MUSIC}/*.wav"))
            if (os.path.basename(path) in HELD_OUT_MUSIC) == is_held_out]


def music(part):
    """Music to train with, to tune with or to test with: no track in two of them."""
    if part == "test":
        return holds(is_held_out=True)
    if part == "strangers":
        return [excerpt(path) for pattern in UNHEARD_MUSIC for path in sorted(glob.glob(f"/usr/share/games/{pattern}"))]
    others = [excerpt(path) for folder in GAMES for ending in ("ogg", "opus")
              for path in sorted(glob.glob(f"/usr/share/games/{folder}/**/*.{ending}", recursive=True))]
    others += arranger.pieces(excerpt, 90)
    others = [samples for samples in others if len(samples) > 20 * RATE and np.mean(samples ** 2) > 1e-6]
    if part == "tune":
        return others[::7]
    return holds() + [samples for index, samples in enumerate(others) if index % 7]
