"""Modules as one script: every form that the project writes, and a refusal of any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.offline import bundle
from aesmap.offline.bundle import script_of


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bundle, "module_source", lambda name: (tmp_path / name).read_text())
    return tmp_path


def test_imports_and_exports_become_variables(modules: Path) -> None:
    (modules / "root.js").write_text(
        'import { one, two as deux } from "./a.js";\nawait one(deux);\n'
    )
    (modules / "a.js").write_text(
        'import { KNOWN } from "./known.js";\nexport { three } from "./b.js";\n'
        "export async function one() {}\nexport const two = KNOWN.two;\nexport class Four {}\n"
    )
    (modules / "b.js").write_text("export const three = 3;\n")
    script = script_of("root.js", {"two": "</script>"})
    assert "const { one, two: deux } = $a;\nawait one(deux);" in script
    assert "return { one, two, Four, three: $b.three, };" in script
    assert script.index("const $known =") < script.index("const $a =")
    assert script.index("const $b =") < script.index("const $a =")
    assert "export" not in script
    assert "import" not in script


def test_a_module_is_there_once(modules: Path) -> None:
    (modules / "root.js").write_text('import { a } from "./a.js";\nimport { b } from "./b.js";\n')
    (modules / "a.js").write_text('import { b } from "./b.js";\nexport const a = b;\n')
    (modules / "b.js").write_text("export const b = 1;\n")
    assert script_of("root.js", {}).count("const $b =") == 1


@pytest.mark.parametrize(
    "source", ["export default 1;\n", 'import * as all from "./b.js";\n', "export let one = 1;\n"]
)
def test_other_forms_are_refused(modules: Path, source: str) -> None:
    (modules / "root.js").write_text(source)
    (modules / "b.js").write_text("")
    with pytest.raises(ValueError, match=r"root\.js: a form that cannot"):
        script_of("root.js", {})


def test_a_circle_is_named(modules: Path) -> None:
    (modules / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (modules / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(ValueError, match=r"a\.js imports b\.js imports a\.js"):
        script_of("a.js", {})
