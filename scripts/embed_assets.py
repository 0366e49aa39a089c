#!/usr/bin/env python3
"""Bundles web/ with esbuild, gives every file a name with its hash, and writes it all as one C++ source.

    embed_assets.py --web WEB --dist DIST --source OUT.cc [--esbuild PROGRAM]

DIST gets the files as they are served, and routes.json for servers in tests. The result depends on the
contents of WEB only: the same sources give the same bytes.
"""
import argparse
import gzip
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Bundled into one file each.
ENTRIES = ["shop/shop.css", "admin/admin.css", "admin/main.ts"]
NAMES = {"admin/main.ts": "admin.js"}
# Modules: what they import by import() is split off and loaded when it is needed.
MODULES = {"shop/main.ts": "shop.js"}
# Scripts that others start by their path, which they know by this name.
WORKERS = {"shop/proof_worker.ts": "kProofWorkerPath"}
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
ROUTE = re.compile(r"^/([a-z0-9-]+(/\{[a-z]+\}|/[a-z0-9-]+)*)?$")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def hashed(name: str, data: bytes) -> str:
    stem, dot, ext = name.rpartition(".")
    return f"/assets/{stem}-{digest(data)}{dot}{ext}"


def run_esbuild(esbuild: str, web: pathlib.Path, entry: str, *options: str) -> bytes:
    """Runs in `web`, so that names and hashes do not depend on where that is."""
    command = [esbuild, entry, "--bundle", "--minify", "--target=es2020", "--charset=utf8",
               "--legal-comments=none", "--external:*.svg", "--log-level=warning", *options]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, cwd=web)
    if done.returncode != 0:
        sys.exit(f"esbuild failed for {entry}:\n{done.stderr.decode()}")
    return done.stdout


def bundle(esbuild: str, web: pathlib.Path, entry: str) -> bytes:
    """One entry point, minified. Pictures that styles name are marked external and linked afterwards."""
    return run_esbuild(esbuild, web, entry, *(["--format=iife"] if entry.endswith(".ts") else []))


def split(esbuild: str, web: pathlib.Path, entry: str, defines: dict[str, str]) -> tuple[dict[str, bytes], list[str]]:
    """A module and what is split off from it: files by path, and the paths that its first load needs, itself first."""
    name = MODULES[entry].removesuffix(".js")
    with tempfile.TemporaryDirectory() as folder:
        meta = pathlib.Path(folder) / "meta.json"
        run_esbuild(esbuild, web, entry, "--splitting", "--format=esm", f"--outdir={folder}/out",
                    f"--entry-names={name}-[hash]", f"--chunk-names={name}-[name]-[hash]", f"--metafile={meta}",
                    *(f"--define:{key}={json.dumps(path)}" for key, path in defines.items()))
        outputs = {pathlib.PurePath(path).name: about for path, about in json.loads(meta.read_text("utf-8"))["outputs"].items()}
        files = {f"/assets/{path.name}": path.read_bytes() for path in sorted((pathlib.Path(folder) / "out").iterdir())}
    first = [file for file, about in outputs.items() if about.get("entryPoint") == entry]
    for file in first:
        first += [target for used in outputs[file]["imports"] if used["kind"] == "import-statement"
                  if (target := pathlib.PurePath(used["path"]).name) not in first]
    return files, [f"/assets/{file}" for file in first]


def link_pictures(css: bytes, pictures: dict[str, str], entry: str) -> bytes:
    folder = entry.split("/")[0]

    def link(match: re.Match[bytes]) -> bytes:
        name = match.group(1).decode()
        if f"{folder}/{name}" not in pictures:
            sys.exit(f"{entry} names a picture that is not there: {name}")
        return f"url({pictures[f'{folder}/{name}']})".encode()

    return re.sub(rb"""url\(["']?\./([a-z0-9_-]+\.svg)["']?\)""", link, css)


def collect(esbuild: str, web: pathlib.Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Returns hashed assets by path, and pages' HTML by their name in routes.json."""
    assets: dict[str, bytes] = {}
    pictures: dict[str, str] = {}
    links: dict[str, dict[str, str]] = {}
    for picture in sorted(web.glob("*/*.svg")):
        folder = picture.parent.name
        data = picture.read_bytes().strip()
        path = hashed(f"{folder}-{picture.name}", data)
        assets[path] = data
        pictures[f"{folder}/{picture.name}"] = path
        links.setdefault(folder, {})[picture.name] = path
    for entry in ENTRIES:
        folder, name = entry.split("/")
        data = bundle(esbuild, web, entry)
        if name.endswith(".css"):
            data = link_pictures(data, pictures, entry)
        path = hashed(NAMES.get(entry, name), data)
        assets[path] = data
        links.setdefault(folder, {})[NAMES.get(entry, name)] = path
    defines: dict[str, str] = {}
    for entry, key in WORKERS.items():
        data = bundle(esbuild, web, entry)
        path = hashed(entry.split("/")[1].replace("_", "-").replace(".ts", ".js"), data)
        assets[path] = data
        defines[key] = path
    preloads: dict[str, list[str]] = {}
    for entry, name in MODULES.items():
        files, first = split(esbuild, web, entry, defines)
        assets.update(files)
        folder = entry.split("/")[0]
        links.setdefault(folder, {})[name] = first[0]
        preloads[folder] = first[1:]
    pages: dict[str, str] = {}
    for page in sorted(web.glob("*/index.html")):
        folder = page.parent.name

        def link(match: re.Match[str], folder: str = folder) -> str:
            name = match.group(1)
            # The console's preview shows the shop in the shop's own style.
            path = links[folder].get(name) or links.get("shop", {}).get(name)
            if path is None:
                sys.exit(f"{folder}/index.html names an asset that is not there: {name}")
            return f'"{path}"'

        text = re.sub(r'"/assets/([a-z0-9._-]+)"', link, page.read_text("utf-8"))
        # Else the browser would learn of what the module imports only from the module.
        more = "".join(f'<link rel="modulepreload" href="{path}">\n' for path in preloads.get(folder, []))
        pages[f"{folder}/index.html"] = text.replace("</head>", more + "</head>")
    return assets, pages


def check_routes(routes: dict[str, list[dict[str, str]]], pages: dict[str, str]) -> None:
    for listener, rows in routes.items():
        for row in rows:
            if not ROUTE.match(row["path"]) or row["page"] not in pages:
                sys.exit(f"routes.json: bad route of {listener}: {row}")


def literal(text: str) -> str:
    return json.dumps(text)


def array(name: str, data: bytes) -> str:
    rows = [",".join(str(b) for b in data[i:i + 32]) for i in range(0, len(data), 32)]
    return f"constexpr unsigned char {name}[] = {{\n" + ",\n".join(rows) + "};\n"


def write_source(out: pathlib.Path, files: dict[str, bytes], routes: dict[str, list[dict[str, str]]]) -> None:
    parts = ["// Generated by scripts/embed_assets.py from web/. Do not edit.\n",
             '#include "edge/assets/assets_table.h"\n\nnamespace onrush::assets::table {\nnamespace {\n']
    rows = []
    order = sorted(files)
    for index, path in enumerate(order):
        data = files[path]
        # mtime=0 and a fixed level: the same bytes on every machine.
        packed = gzip.compress(data, 9, mtime=0)
        parts.append(array(f"raw{index}", data))
        use_gzip = len(packed) < len(data)
        if use_gzip:
            parts.append(array(f"gzip{index}", packed))
        content_type = TYPES[pathlib.PurePosixPath(path).suffix]
        immutable = path.startswith("/assets/")
        gzip_view = f"view(gzip{index})" if use_gzip else "{}"
        etag = literal('"' + digest(data) + '"')
        rows.append(f"    {{{literal(path)}, {literal(content_type)}, view(raw{index}), {gzip_view}, {etag}, "
                    f"{'true' if immutable else 'false'}}},\n")
    parts.append("}  // namespace\n\nconst Asset kAssets[] = {\n" + "".join(rows) + "};\n")
    parts.append(f"const std::size_t kAssetCount = {len(rows)};\n\nconst Route kRoutes[] = {{\n")
    count = 0
    for listener in ("general", "admin"):
        for row in routes[listener]:
            page = order.index("/" + row["page"])
            parts.append(f"    {{Listener::{listener}, {literal(row['path'])}, {page}}},\n")
            count += 1
    parts.append(f"}};\nconst std::size_t kRouteCount = {count};\n\n}}  // namespace onrush::assets::table\n")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("".join(parts), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--web", type=pathlib.Path, required=True)
    parser.add_argument("--dist", type=pathlib.Path, required=True)
    parser.add_argument("--source", type=pathlib.Path)
    parser.add_argument("--esbuild", default="esbuild")
    options = parser.parse_args()
    if shutil.which(options.esbuild) is None:
        sys.exit(f"{options.esbuild} is missing: apt-get install esbuild")
    assets, pages = collect(options.esbuild, options.web)
    routes = json.loads((options.web / "routes.json").read_text("utf-8"))
    check_routes(routes, pages)
    files = dict(assets)
    for name, text in pages.items():
        files["/" + name] = text.encode()
    shutil.rmtree(options.dist, ignore_errors=True)
    for path, data in files.items():
        target = options.dist / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (options.dist / "routes.json").write_text(json.dumps(routes, indent=1), "utf-8")
    if options.source:
        write_source(options.source, files, routes)


if __name__ == "__main__":
    main()
