"""Makes cases.jsonl: texts, and how many tokens OpenAI's own tiktoken counts in each.

    python3 -m venv venv && venv/bin/pip install tiktoken==0.14.0
    venv/bin/python tests/tokens/reference.py DIR > tests/tokens/cases.jsonl

DIR holds o200k_base.tiktoken and cl100k_base.tiktoken, such as the `assets` of the crate tiktoken-rs. tiktoken would
download them; here it finds them in its cache, after comparing their SHA-256 with the one it knows of OpenAI's files.
So patterns, merges and code are OpenAI's. The texts are written for this project or drawn with a fixed seed, and the
code among them is the project's own; whoever changes that gets other cases, whose counts hold all the same.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

SENTENCES = """
The quick brown fox can't jump over the lazy dog's fence, they'll say it's 3.14 m high.
WE'RE SHOUTING; I'D RATHER YOU'VE NOT, BUT HE'S SURE SHE'LL MIND.
Der Bär fährt über die Brücke, während draußen Süßigkeiten für 12,99 € verkauft werden.
Le garçon naïf a mangé des crêpes à l'œuf près de la forêt, n'est-ce pas ?
El niño comió una piña mañana; ¿qué pasó con el pingüino? ¡Olé!
A menina não viu o avião que pousou em São Tomé às três da manhã.
Il perché della città è più profondo di così, disse l'abate.
Zażółć gęślą jaźń, a potem idź do domu i śpij spokojnie.
Příliš žluťoučký kůň úpěl ďábelské ódy nad řekou Vltavou.
Árvíztűrő tükörfúrógép, nyolc óra múlva indul a vonat Győrbe.
Şişli'de yağmurlu bir gün; ığdır çok uzak, İstanbul değil.
Flygande bäckasiner söka hwila på mjuka tuvor i Åre.
Hafið er blátt og þorskurinn ætlar að synda til Ísafjarðar.
Những con mèo nhỏ đang ngủ dưới gốc cây ở Đà Nẵng suốt buổi chiều.
Я хочу пить чай с лимоном, но у нас закончился сахар ещё вчера.
Їжак з'їв ґрунтову грушу, і щось сталося в Києві о п'ятій.
Το γρήγορο καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί, σωστά;
שלום עולם, מה שלומך היום? הכול בסדר גמור, תודה רבה!
مرحبا بالعالم، كيف حالك اليوم؟ كلّ شيءٍ على ما يُرام والحمد لله.
سلام دنیا، امروز هوا خیلی خوب است و می‌رویم به پارک.
नमस्ते दुनिया, आज मौसम बहुत अच्छा है और हम बाज़ार जा रहे हैं।
আমি আজ সকালে এক কাপ চা খেয়েছি, তারপর বাজারে গেলাম।
வணக்கம் உலகம், இன்று வானிலை மிகவும் நன்றாக இருக்கிறது.
నమస్కారం ప్రపంచం, ఈ రోజు వాతావరణం చాలా బాగుంది.
ನಮಸ್ಕಾರ ಜಗತ್ತು, ಇಂದು ಹವಾಮಾನ ತುಂಬಾ ಚೆನ್ನಾಗಿದೆ.
നമസ്കാരം ലോകമേ, ഇന്ന് കാലാവസ്ഥ വളരെ നല്ലതാണ്.
ආයුබෝවන් ලෝකය, අද කාලගුණය ඉතා හොඳයි.
สวัสดีชาวโลก วันนี้อากาศดีมากและเราจะไปตลาดน้ำ
ສະບາຍດີຊາວໂລກ ມື້ນີ້ອາກາດດີຫຼາຍ
မင်္ဂလာပါ ကမ္ဘာလောက၊ ဒီနေ့ ရာသီဥတု ကောင်းတယ်။
សួស្តី​ពិភពលោក ថ្ងៃនេះ​អាកាសធាតុ​ល្អ​ណាស់។
გამარჯობა მსოფლიო, დღეს კარგი ამინდია თბილისში.
Բարեւ աշխարհ, այսօր եղանակը շատ լավ է Երեւանում։
ሰላም ዓለም፣ ዛሬ አየሩ በጣም ጥሩ ነው።
你好世界,今天天气很好,我们去公园散步吧。价格是¥1,299.00元。
今日は天気がいいので、公園でコーヒーを飲みながら本を読みます。
カタカナとひらがなと漢字、そして全角ABC123。
안녕하세요 세계, 오늘 날씨가 정말 좋네요. 커피 한 잔 할까요?
繁體中文的句子也應該一樣算得準,「對吧」?
བོད་ཡིག་གི་ཚིག་གྲུབ་གཅིག
ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ
Cherokee: ᎣᏏᏲ ᎡᎶᎯ, ᏙᎯᏧ?
""".strip().splitlines()

CODE = r'''
def f(x: int) -> dict[str, list[float]]:\n    return {"a": [x / 2 for _ in range(10)]}  # half
for (let i = 0; i < rows.length; ++i) { total += rows[i].cost ?? 0; }\n\n\n
SELECT id, COUNT(*) AS n FROM "orders" WHERE created_at >= '2026-01-01' GROUP BY 1 HAVING COUNT(*) > 5;
{"id": "SKU-001", "name": "Organic Baby Spinach 5oz", "price": 2.99, "tags": ["a", "b"], "x": null}
<div class="row"><span aria-label="€ 5">5&nbsp;&euro;</span></div>\r\n<!-- end -->
#include <stdio.h>\nint main(void) {\n\tprintf("%d\\n", 0xFF << 3);\n\treturn 0;\n}
https://example.com/a/b?c=d&e=%20f#g-h_i  user.name+tag@sub.example.co.uk
$ curl -sS -H "Authorization: Bearer $KEY" -d @body.json | jq -r '.choices[0].message.content'
\\frac{d}{dx}\\int_{0}^{x} e^{-t^2}\\,dt = e^{-x^2}
if err != nil {\n\t\treturn fmt.Errorf("open %q: %w", path, err)\n\t}
fn main() -> Result<(), Box<dyn Error>> {\n    let n: u64 = "42".parse()?;\n    Ok(())\n}
| a | b |\n|---|:-:|\n| 1 | **2** |\n\n- [ ] todo\n- [x] done\n\n> quote
0x1F600 1e-9 1_000_000 -0.0 +Inf NaN 007 1,234,567.89 12:34:56.789 2026-11-24T15:00:00Z
'''.strip().splitlines()

EMOJI = [
    "😀", "😂🤣😅", "👍🏽", "👩‍👩‍👧‍👦", "👨🏿‍💻", "🏳️‍🌈", "🇩🇪🇫🇷🇯🇵", "❤️‍🔥", "1️⃣2️⃣", "☕️ + 🥐 = 😋", "🧑🏻‍🚀🚀🌕", "⚠️", "🫠🫡",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "♟️", "👁️‍🗨️",
]

ODD = [
    "", " ", "  ", "\n", "\r\n", "\t", "\n\n\n", " \n ", "\u00a0", "\u2003\u2009", "\u200b", "\ufeff", "\u202e", "\x00",
    "\x01\x02", "\x7f", "\u0085", "\u2028a\u2029b", "a\u0301e\u0308", "ﬁ ﬂ ﬀ", "Ａ１！", "①②③ ½ ¾ Ⅳ ⅻ", "²³¹⁰", "٣٤٥ १२३ ๑๒๓",
    "'s 't 're 've 'm 'll 'd 'S 'T 'RE", "’s don’t", "ſ'ſ K's", "İi̇ ıI", "ǅ ǈ ǋ", "ªº ʰʲ", "𝒜𝓑𝔠 𝟙𝟚𝟛", "𐍈𐌰", "𠀀𠮷", "\U0010ffff",
    "<|endoftext|>", "a<|endoftext|>b", "<|fim_prefix|>", "<|endofprompt|> <|start|>assistant<|message|>", "<|", "|>",
    "   leading", "trailing   ", "a  b   c    d", "tabs\t\tand  spaces \t mixed", "line\n  indented\n\tmore\r\n\r\nend",
    " \t\n \t\n", "x" * 300, "ab" * 200, "a" * 99, "a" * 100, "a" * 101, " " * 127 + "x", "\n" * 65, "0" * 50, "1234567890" * 9,
    "!" * 77, "=" * 80, "-" * 3 + ">" * 2, "/" * 9 + "\n//", "…" * 12, "。" * 20, "ー" * 15, "ا" * 40, "中" * 130,
    "AAAaaaAAA", "camelCaseAndPascalCase", "snake_case_and-kebab-case", "HTTPServerError404NotFound", "iPhone15Pro's",
]

BLOCKS = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x180, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F),
    (0x531, 0x58F), (0x591, 0x5F4), (0x600, 0x6FF), (0x700, 0x74F), (0x900, 0x97F), (0x980, 0x9FF), (0xA00, 0xA7F),
    (0xA80, 0xAFF), (0xB80, 0xBFF), (0xC00, 0xC7F), (0xD00, 0xD7F), (0xE00, 0xE7F), (0xE80, 0xEFF), (0xF00, 0xFFF),
    (0x1000, 0x109F), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x13A0, 0x13FF), (0x1780, 0x17FF),
    (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x218F), (0x2190, 0x22FF),
    (0x2300, 0x23FF), (0x2460, 0x24FF), (0x2500, 0x25FF), (0x2600, 0x27BF), (0x2C00, 0x2DFF), (0x3000, 0x30FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE70, 0xFEFF),
    (0xFF00, 0xFFEF), (0x10000, 0x100FF), (0x10330, 0x1034A), (0x1D400, 0x1D7FF), (0x1F000, 0x1F2FF),
    (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF), (0x20000, 0x2A6DF), (0xE0020, 0xE007F),
]


def texts():
    chance = random.Random(20261124)
    yield from SENTENCES
    yield from (line.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r") for line in CODE)
    yield from EMOJI
    yield from ODD
    for low, high in BLOCKS:
        for length in (1, 3, 7, 15, 31):
            yield "".join(chr(chance.randint(low, high)) for _ in range(length))
        for length in (4, 12, 25):
            words = ("".join(chr(chance.randint(low, high)) for _ in range(chance.randint(1, 8))) for _ in range(length))
            yield chance.choice([" ", " ", "  ", "\n", ", "]).join(words)
    pieces = SENTENCES + CODE + EMOJI + ODD
    for _ in range(400):
        parts = []
        for _ in range(chance.randint(2, 6)):
            piece = chance.choice(pieces)
            start = chance.randint(0, len(piece))
            parts.append(piece[start:start + chance.randint(1, 40)])
        yield chance.choice(["", " ", "\n", "\t", " \n"]).join(parts)
    source = pathlib.Path(__file__).parents[2] / "src"
    lines = [line for path in sorted(source.rglob("*.rs"))[:60] for line in path.read_text().splitlines()]
    for _ in range(200):
        start = chance.randint(0, len(lines) - 8)
        yield "\n".join(lines[start:start + chance.randint(1, 8)])


def encodings(folder):
    cache = tempfile.mkdtemp()
    for name in ("o200k_base", "cl100k_base"):
        url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        shutil.copy(pathlib.Path(folder) / f"{name}.tiktoken", os.path.join(cache, hashlib.sha1(url.encode()).hexdigest()))
    os.environ["TIKTOKEN_CACHE_DIR"] = cache
    import tiktoken

    return tiktoken.get_encoding("o200k_base"), tiktoken.get_encoding("cl100k_base")


def main():
    o200k, cl100k = encodings(sys.argv[1])
    for text in dict.fromkeys(texts()):
        counts = [len(encoding.encode(text, disallowed_special=())) for encoding in (o200k, cl100k)]
        print(json.dumps([text, *counts]))


main()
