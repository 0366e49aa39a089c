"""Writes a C++ source that holds one text file: embed_text.py FILE SYMBOL HEADER OUTPUT"""
import sys

path, symbol, header, output = sys.argv[1:5]
with open(path, encoding="utf-8") as file:
    text = file.read()
# Adjacent literals: a single one may not be longer than 64 KiB everywhere.
pieces = [text[i:i + 8000] for i in range(0, len(text), 8000)]
body = "\n".join(f'    R"embedded({piece})embedded"' for piece in pieces)
with open(output, "w", encoding="utf-8") as file:
    file.write(f'#include "{header}"\n\nnamespace onrush::app {{\n\nconst char* const {symbol} =\n{body};\n\n}}  // namespace onrush::app\n')
