"""What each address answers, errors included."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from aesmap.analyzer import Analyzer
from aesmap.columns import FILE_COLUMNS
from aesmap.explain.text import describe
from aesmap.server.errors import CODES
from sample_images import encode, encode_turned, png_bytes, quadrants

ROOT = Path(__file__).parents[2]
Clients = Callable[..., TestClient]
ROUTES = ("/v1/assess", "/v1/explain", "/v1/crop")


def post(client: TestClient, path: str, photo: bytes, **options: Any) -> Any:
    headers = {"Content-Type": "image/jpeg"} | options.pop("headers", {})
    return client.post(path, content=photo, headers=headers, **options)


def is_error(response: Any, code: str, *words: str) -> bool:
    """Whether an answer is this error, in the one shape, with these words."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == code
    assert response.status_code == CODES[code][0]
    for word in words:
        assert word in body["error"]["message"]
    return True


def test_assess_says_what_the_analyzer_says(
    client: TestClient, analyzer: Analyzer, jpeg: bytes
) -> None:
    said = post(client, "/v1/assess", jpeg).json()
    assessment = analyzer.assess(jpeg)
    assert (said["width"], said["height"]) == (640, 427)
    assert (said["level"], said["model"]) == (assessment.level, assessment.model)
    assert said["distribution"] == list(assessment.distribution)
    assert list(said["attributes"].items()) == [tuple(a) for a in assessment.attributes]
    for name in ("p_high", "score", "spread", "logit"):
        assert said[name] == pytest.approx(getattr(assessment, name), abs=1e-9)
    assert said["words"] == describe(assessment).to_json()
    assert said["maps"] is None
    assert said["crops"] is None


def test_the_maps_add_up_to_the_assessment(client: TestClient, jpeg: bytes) -> None:
    said = post(client, "/v1/assess?maps=true", jpeg).json()
    maps = said["maps"]
    evidence = np.array(maps["evidence"])
    assert evidence.shape == (maps["height"], maps["width"])
    assert evidence.mean() + maps["bias"] == pytest.approx(said["logit"], abs=1e-12)
    assert said["mean_evidence"] + said["bias"] == pytest.approx(said["logit"], abs=1e-12)
    assert 1 / (1 + math.exp(-said["logit"])) == pytest.approx(said["p_high"], abs=1e-12)
    for name, attribute in maps["attributes"].items():
        logit = np.array(attribute["values"]).mean() + attribute["bias"]
        assert 1 / (1 + math.exp(-logit)) == pytest.approx(said["attributes"][name], abs=1e-6)
    assert np.array(maps["activity"]).min() >= 0


def test_crops_come_in_the_order_asked_for(
    client: TestClient, analyzer: Analyzer, photos: dict[str, Any]
) -> None:
    photo = encode(photos["china"], "PNG")
    said = post(client, "/v1/assess?crops=1:1,16:9,free,own", photo).json()
    assert [crop["aspect"] for crop in said["crops"]] == ["1:1", "16:9", "free", "own"]
    assessment = analyzer.assess(photo)
    for crop, aspect in zip(said["crops"], ("1:1", "16:9", "free", None), strict=True):
        left, top, right, bottom = crop["box"]
        assert tuple(crop["box"]) == assessment.crop(aspect).box.as_tuple()
        inside = photos["china"][top:bottom, left:right]
        # The crop's own assessment, from pixels that nobody has compressed.
        assert crop["p_high_after"] == pytest.approx(analyzer.assess(inside).p_high, abs=1e-6)
        assert crop["p_high_before"] == pytest.approx(assessment.p_high, abs=1e-9)
        total = crop["evidence_kept"] + crop["evidence_lost"]
        assert total == pytest.approx(said["mean_evidence"], abs=1e-9)


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_form_and_body_give_the_same(
    client: TestClient, photos: dict[str, Any], orientation: int
) -> None:
    photo = encode_turned(photos["rocket"], "JPEG", orientation)
    raw = post(client, "/v1/assess?maps=true", photo).json()
    form = client.post(
        "/v1/assess?maps=true",
        files={"file": ("../../x\r\n.jpg", photo, "text/plain")},
    )
    assert form.json() == raw
    assert (raw["height"], raw["width"]) == photos["rocket"].shape[:2]


def test_explain_in_each_format(client: TestClient, jpeg: bytes) -> None:
    panel = post(client, "/v1/explain", jpeg)
    assert panel.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(panel.content)).size[0] > 1000
    strip = post(client, "/v1/explain?layout=fig7&format=png", jpeg)
    assert Image.open(io.BytesIO(strip.content)).size != Image.open(io.BytesIO(panel.content)).size
    maps = post(client, "/v1/explain?format=json", jpeg).json()
    archive = np.load(io.BytesIO(post(client, "/v1/explain?format=npz", jpeg).content))
    np.testing.assert_array_equal(archive["evidence"], np.float32(maps["evidence"]))
    assert list(archive["attributes"]) == list(maps["attributes"])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "image/png"),
        ("application/json", "application/json"),
        ("image/*;q=0.5, application/json", "application/json"),
        ("text/html, application/octet-stream;q=0.1", "application/octet-stream"),
    ],
)
def test_accept_decides_where_no_format_is_given(
    client: TestClient, jpeg: bytes, accept: str, media_type: str
) -> None:
    answer = post(client, "/v1/explain", jpeg, headers={"Accept": accept})
    assert answer.headers["content-type"] == media_type


def test_nothing_acceptable(client: TestClient, jpeg: bytes) -> None:
    for accept in ("text/html", "image/png;q=0", "image/png;q=much"):
        answer = post(client, "/v1/explain", jpeg, headers={"Accept": accept})
        assert is_error(answer, "not_acceptable", "image/png")


def test_crop_as_json_and_as_image(client: TestClient, photos: dict[str, Any]) -> None:
    photo = encode(photos["coffee"], "PNG")
    said = post(client, "/v1/crop?aspect=1:1", photo).json()
    left, top, right, bottom = said["box"]
    assert (said["aspect"], said["method"], said["width"]) == ("1:1", "search", 600)
    answer = post(client, "/v1/crop?aspect=1:1&format=image", photo)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-aesmap-box"] == f"{left},{top},{right},{bottom}"
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(answer.content))), photos["coffee"][top:bottom, left:right]
    )


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "tiff"])
def test_a_box_of_ones_own(client: TestClient, jpeg: bytes, kind: str) -> None:
    answer = post(client, f"/v1/crop?box=10,20,330,200&format={kind}", jpeg)
    assert answer.headers["content-type"] == f"image/{kind}"
    assert Image.open(io.BytesIO(answer.content)).size == (320, 180)
    said = post(client, "/v1/crop?box=10,20,330,200", jpeg).json()
    assert (said["box"], said["method"], said["aspect"]) == ([10, 20, 330, 200], "given", None)
    assert 0 < said["p_high_after"] < 1
    assert said["words"].startswith("this crop ")
    assert said["alternatives"] == []
    tiny = post(client, "/v1/crop?box=10,20,14,200", jpeg).json()
    assert tiny["p_high_after"] is None


def test_a_box_through_a_face_is_told(client: TestClient, photos: dict[str, Any]) -> None:
    photo = encode(photos["astronaut"], "PNG")
    assert "a face is cut" in post(client, "/v1/crop?box=0,120,512,512", photo).json()["words"]
    assert "face" not in post(client, "/v1/crop?box=0,0,512,400", photo).json()["words"]
    said = post(client, "/v1/crop?aspect=9:16", photo).json()
    assert "face" not in said["words"]
    assert 1 <= len(said["alternatives"]) <= 3
    left, _, right, _ = said["box"]
    assert left <= 165
    assert right >= 275


def test_an_image_at_a_size_that_a_cache_can_keep(client: TestClient, jpeg: bytes) -> None:
    address = "/v1/crop?aspect=16:9&width=160&format=webp&quality=60"
    answer = post(client, address, jpeg)
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (160, 90))
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert re.fullmatch(r"[\d.]+% [\d.]+%", answer.headers["x-aesmap-focal-point"])
    tag = answer.headers["etag"]
    known = client.post(address, content=jpeg, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    others = {
        post(client, f"/v1/crop?{query}", jpeg).headers["etag"]
        for query in ("aspect=16:9&width=161&format=webp&quality=60", "aspect=16:9", "focal=1")
    }
    assert len(others | {tag}) == 4
    assert post(client, address, jpeg + b"\0").headers["etag"] != tag
    assert (
        client.post(address, content=jpeg + b"\0", headers={"If-None-Match": tag}).status_code
        == 200
    )
    large = post(client, address.replace("60", "95"), jpeg)
    assert len(large.content) > len(answer.content)


def test_width_and_height_give_the_aspect(client: TestClient, jpeg: bytes) -> None:
    answer = post(client, "/v1/crop?width=90&height=120&format=png", jpeg)
    assert Image.open(io.BytesIO(answer.content)).size == (90, 120)
    answer = post(client, "/v1/crop?aspect=1:1&height=64&format=png", jpeg)
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)
    answer = post(client, "/v1/crop?aspect=1:1&width=4000&format=png", jpeg)
    assert "not enlarged" in answer.headers["x-aesmap-notes"]


def test_the_focal_point_alone(client: TestClient, jpeg: bytes) -> None:
    said = post(client, "/v1/crop?aspect=9:16&focal=1", jpeg).json()
    assert set(said) == {"aspect", "box", "focal_point", "width", "height"}
    whole = post(client, "/v1/crop?aspect=9:16", jpeg).json()
    assert (said["box"], said["focal_point"]) == (whole["box"], whole["focal_point"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("width=0&format=jpeg", "width"),
        ("width=99999&format=jpeg", "width"),
        ("quality=0&format=jpeg", "quality"),
        ("width=100", "format=image"),
        ("quality=80", "format=image"),
        ("focal=1&format=jpeg", "focal"),
        ("aspect=1:1&width=10&height=10&format=jpeg", "width, height"),
        ("box=0,0,64,64&width=10&height=10&format=jpeg", "width, height"),
        ("aspect=60:1&format=jpeg", "under 32 pixels"),
    ],
)
def test_sizes_that_cannot_be_used(client: TestClient, jpeg: bytes, query: str, words: str) -> None:
    refused = client.post(f"/v1/crop?{query}", content=jpeg)
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "bad_parameter"
    assert words in refused.json()["error"]["message"]


def test_a_gif_is_cropped_to_a_jpeg(client: TestClient) -> None:
    photo = encode(Image.fromarray(quadrants(64, 96)), "GIF")
    answer = post(client, "/v1/crop?box=0,0,32,32&format=image", photo)
    assert answer.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    "query",
    [
        *("assess?maps=perhaps", "assess?mops=1", "assess?crops=1:0", "assess?crops="),
        *("assess?crops=1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1", "explain?format=gif"),
        *("explain?layout=fig8", "crop?aspect=wide", "crop?aspect=1:1&method=aesam"),
        *("crop?method=magic", "crop?box=1,2,3", "crop?box=9,9,3,3", "crop?box=0,0,641,427"),
        *("crop?box=-1,0,5,5", "crop?box=0,0,9,9&aspect=1:1", "crop?box=0,0,99999999,9"),
    ],
)
def test_bad_parameters(client: TestClient, jpeg: bytes, query: str) -> None:
    name = query.partition("?")[2].partition("=")[0]
    assert is_error(post(client, f"/v1/{query}", jpeg), "bad_parameter", name)


@pytest.mark.parametrize("route", ROUTES)
def test_images_that_cannot_be_judged(client: TestClient, jpeg: bytes, route: str) -> None:
    bomb = png_bytes(quadrants(), size=(60_000, 60_000))
    for photo, code, word in (
        (b"", "no_image", "empty"),
        (b"Dear diary", "unsupported_media", "JPEG"),
        (b"FUJIFILMCCD-RAW" + bytes(100), "unsupported_media", "JPEG"),
        (jpeg[: len(jpeg) // 2], "unreadable_image", "truncated"),
        (jpeg[:40], "unreadable_image", "JPEG"),
        (encode(quadrants(4, 4), "PNG"), "unreadable_image", "too few"),
        (bomb, "too_many_pixels", "megapixels"),
    ):
        assert is_error(post(client, route, photo), code, word), word


def test_media_types(client: TestClient, jpeg: bytes) -> None:
    for media_type in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
        answer = post(client, "/v1/assess", jpeg, headers={"Content-Type": media_type})
        assert is_error(answer, "unsupported_media", "multipart/form-data")
    for media_type in ("application/octet-stream", "image/png", "IMAGE/JPEG; q=1"):
        answer = post(client, "/v1/assess", jpeg, headers={"Content-Type": media_type})
        assert answer.status_code == 200, media_type
    answer = post(client, "/v1/assess", jpeg, headers={"Content-Encoding": "gzip"})
    assert is_error(answer, "unsupported_media", "encoded")


def test_addresses_and_methods_that_are_not_there(client: TestClient) -> None:
    assert is_error(client.get("/v1/nothing"), "not_found")
    assert is_error(client.get("/static/../service/guard.py"), "not_found")
    assert is_error(client.get("/static/%2e%2e/%2e%2e/pyproject.toml"), "not_found")
    assert is_error(client.get("/redoc"), "not_found")
    wrong = client.get("/v1/assess")
    assert is_error(wrong, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


def test_model_and_health(client: TestClient, analyzer: Analyzer) -> None:
    model = client.get("/v1/model").json()
    assert model["model"] == analyzer.manifest.model_id
    assert model["attributes"] == list(analyzer.manifest.attribute_names)
    assert model["limits"] == {"max_bytes": 64 * 2**20, "max_pixels": 64_000_000}
    assert client.get("/healthz").json()["status"] == "ok"


def test_the_page_is_told_what_it_offers_without_a_token(
    client_of: Clients, analyzer: Analyzer
) -> None:
    client = client_of(token="0123456789abcdef")
    said = client.get("/static/offers.json").json()
    assert said["aspects"] == ["own", "free", "1:1", "4:5", "3:2", "16:9", "9:16"]
    assert tuple(column["name"] for column in said["columns"]) == FILE_COLUMNS
    assert {"name": "p_high", "digits": 6} in said["columns"]
    assert said["model"] == analyzer.manifest.model_id
    for name in ("coffee", "chelsea", "rocket"):
        sample = client.get(f"/static/samples/{name}.jpg")
        assert (sample.status_code, sample.headers["content-type"]) == (200, "image/jpeg")


def test_parameters_are_given_in_the_address_and_once(client: TestClient, jpeg: bytes) -> None:
    fields = {"file": ("a.jpg", jpeg), "aspect": (None, b"1:1")}
    refused = client.post("/v1/crop", files=fields)
    assert is_error(refused, "bad_parameter")
    assert "?aspect=1:1" in refused.json()["error"]["message"]
    for address in ("/v1/crop?aspect=16:9&aspect=1:1", "/v1/assess?maps=true&maps=true"):
        refused = post(client, address, jpeg)
        assert is_error(refused, "bad_parameter")
        assert "is given twice" in refused.json()["error"]["message"]


@pytest.mark.parametrize("address", ["/", "/healthz", "/metrics", "/v1/model", "/openapi.json"])
def test_head_is_answered_wherever_get_is(client: TestClient, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert is_error(client.get("/v1/assess"), "method_not_allowed")
    assert client.head("/v1/assess").status_code == 405


@pytest.mark.parametrize("address", ["/v1/assess/", "/healthz/", "/v1/"])
def test_a_slash_behind_an_address_makes_it_another(client: TestClient, address: str) -> None:
    assert is_error(client.post(address, follow_redirects=False), "not_found")


def test_a_prefix_that_a_proxy_takes_off_or_leaves_on(client_of: Clients, jpeg: bytes) -> None:
    client = client_of(root_path="/photos")
    for prefix in ("", "/photos"):
        assert client.get(f"{prefix}/healthz").status_code == 200
        assert client.get(f"{prefix}/").text.count("static/page.css") == 1
        assert client.get(f"{prefix}/static/page.js").status_code == 200
        assert post(client, f"{prefix}/v1/assess", jpeg).status_code == 200
    assert is_error(client.get("/photosv1/model"), "not_found")
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/photos"}]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_prefix_without_its_slash_leads_to_the_page(client_of: Clients, method: str) -> None:
    """The page's relative addresses would leave the prefix: RFC 3986, section 5.2.3."""
    client = client_of(root_path="/photos", token="0123456789abcdef")
    answer = client.request(method, "/photos", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/photos/")
    assert client.get("/photos").url.path == "/photos/"
    assert client.get("/").status_code == 200


def test_a_prefix_hides_nothing_from_the_token(client_of: Clients) -> None:
    client = client_of(root_path="/photos", token="0123456789abcdef")
    for address in ("/v1/model", "/photos/v1/model", "/photos/metrics"):
        assert is_error(client.get(address), "unauthorised")


def test_the_page_asks_for_nothing_by_an_absolute_address() -> None:
    paths = sorted((ROOT / "src/aesmap/server/static").glob("*.*"))
    assert len(paths) > 10
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"""["'`(]/(?:static|v1)/""", text), path.name


def test_what_it_would_be_without_a_part(client: TestClient, jpeg: bytes) -> None:
    said = post(client, "/v1/assess", jpeg).json()
    found = post(client, "/v1/without?box=0,0,30,20", jpeg).json()
    assert found["box"] == [0, 0, 30, 20]
    assert found["logit"] == pytest.approx(said["logit"], abs=1e-6)
    assert found["by_map"] + found["evidence"] == pytest.approx(found["logit"])
    assert found["words"].startswith("this part adds ")
    for box in ("0,0,9999,20", "0,0,0,0", "nonsense"):
        refused = post(client, f"/v1/without?box={box}", jpeg)
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "bad_parameter"
    assert post(client, "/v1/without", jpeg).status_code == 422


def test_parts_add_up_to_the_logit(client: TestClient, jpeg: bytes) -> None:
    said = post(client, "/v1/assess", jpeg).json()
    total = sum(part["evidence"] for part in said["parts"])
    assert not said["parts"] or total + said["bias"] == pytest.approx(said["logit"])
