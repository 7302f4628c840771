"""The registry: who brings what, and who has to give way."""

import json

import pytest

from provisioning.errors import ExtensionNotFound, ExtensionNotReady
from provisioning.extensions import Selection, Status
from tests.extensions.shop import PROVIDER, manifest


def cloud(name: str, **arguments: str) -> str:
    """Return the manifest of a provider."""
    return manifest(name, type="provider", **arguments)


def statuses(registry) -> list[tuple[str, str]]:
    """Return name and status of every record."""
    return [(record.name, str(record.status)) for record in registry.records]


def told(record) -> list[tuple[str, str, str | None]]:
    """Return code, message and hint of a record's problems."""
    return [(str(problem.code), problem.message, problem.hint) for problem in record.problems]


def test_what_brings_what(shop, discover):
    """A provider by its extension's name, a kind by the manifest that declares it; all known without an import."""
    shop.folder("hetzner", cloud("hetzner"), {"cloud.py": PROVIDER})
    shop.folder("steps", manifest("steps", type="workflow", more='[workflow]\noperation_kinds = ["b_kind", "a_kind"]'))
    registry = discover(project=shop.folder("audit"))
    assert registry.find_provider("hetzner").name == "hetzner"
    assert registry.find_kind("a_kind").name == "steps"
    assert registry.kinds() == ["a_kind", "b_kind"]
    assert registry.get("audit").name == "audit"


@pytest.mark.parametrize(
    ("method", "name", "message", "hint"),
    [
        (
            "find_provider",
            "hetzer",
            "there is no provider type 'hetzer'; did you mean hetzner?",
            "there is: aws, hetzner; or install its extension",
        ),
        (
            "find_provider",
            "audit",
            "there is no provider type 'audit'",
            "there is: aws, hetzner; or install its extension",
        ),
        (
            "find_kind",
            "comand",
            "there is no kind of operation 'comand'",
            "there is: none; or install its extension",
        ),
        (
            "get",
            "audi",
            "there is no extension 'audi'; did you mean audit?",
            "there is: audit, aws, hetzner; or install its extension",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there(shop, discover, method, name, message, hint):
    """The error says what was probably meant, and what there is."""
    shop.folder("hetzner", cloud("hetzner"))
    shop.folder("aws", cloud("aws"))
    registry = discover(project=shop.folder("audit"))
    with pytest.raises(ExtensionNotFound) as caught:
        getattr(registry, method)(name)
    assert (str(caught.value), caught.value.hint, caught.value.extension) == (message, hint, name)


def test_what_is_there_and_cannot_be_used(shop, discover):
    """The error says which, its version, its origin, its status, every reason, and what to do."""
    text = cloud("hetzner", needs='platforms = ["win32"]').replace(">=1.0,<2", ">=2")
    registry = discover(project=shop.folder("hetzner", text))
    with pytest.raises(ExtensionNotReady) as caught:
        registry.find_provider("hetzner")
    assert str(caught.value) == (
        f"extension hetzner 1.0 (project folder {shop.root}/extensions/hetzner) is incompatible: you have provisioning"
        " 1.2.0, it needs >=2; you have the platform linux, it needs win32"
    )
    assert caught.value.hint == "install a version of the extension, or of provisioning, that fits the other"
    assert [problem["code"] for problem in caught.value.details["problems"]] == [
        "core_incompatible",
        "platform_unsupported",
    ]


def test_a_provider_whose_manifest_cannot_be_read_is_not_unknown(shop, discover):
    """Who asks for it is told what is wrong with it, not that there is no such thing."""
    registry = discover(project=shop.folder("hetzner", "x = 1"))
    with pytest.raises(ExtensionNotReady, match=r"^extension hetzner \(project folder .*\) is invalid: "):
        registry.find_provider("hetzner")
    with pytest.raises(ExtensionNotReady):
        _ = registry.get("hetzner").manifest


def test_a_kind_that_cannot_be_used_is_not_unknown(shop, discover):
    """Its name stays known, so that the reason can be told."""
    text = manifest("steps", type="workflow").replace(">=1.0,<2", ">=2")
    registry = discover(project=shop.folder("steps", text))
    assert registry.kinds() == ["steps_kind"]
    with pytest.raises(ExtensionNotReady):
        registry.find_kind("steps_kind")


def test_what_is_disabled_stands_in_nobodys_way(shop, discover):
    """By any spelling of its name, broken or not, and the other one of a conflict may be used."""
    shop.folder("my-audit", manifest("my-audit"))
    shop.folder("torn", "x = 1")
    shop.folder("steps", manifest("steps", type="workflow", more='[workflow]\noperation_kinds = ["a"]'))
    shop.folder("other", manifest("other", type="workflow", more='[workflow]\noperation_kinds = ["a"]'))
    selection = Selection(disabled=["My_Audit", "torn", "other", "nobody"])
    registry = discover(project=shop.root / "extensions", selection=selection)
    assert statuses(registry) == [
        ("my-audit", "disabled"),
        ("other", "disabled"),
        ("steps", "ready"),
        ("torn", "disabled"),
    ]
    assert told(registry.get("my-audit")) == [
        ("disabled_by_config", "the configuration disables it", "provisioning extension enable my-audit")
    ]
    assert registry.find_kind("a").name == "steps"


def conflict(shop, discover, prefer=None):
    """Return a registry in which a package and a project folder have one name."""
    shop.package("hetzner", cloud("hetzner", entry="ext_hetzner.cloud:Cloud"), distribution="hetzner-dist")
    holder = shop.folder("hetzner", cloud("hetzner"))
    return discover(project=holder, prefer=prefer or {})


def test_one_name_from_two_places(shop, discover):
    """Both are conflicted, each names both, and who needs one is told how to settle it."""
    registry = conflict(shop, discover)
    why = f"the name hetzner is taken by package hetzner-dist 1.0 and project folder {shop.root}/extensions/hetzner"
    hint = (
        'say which one is used under [extensions.prefer]: hetzner = "ORIGIN" (package, folder, a distribution or a'
        " path)"
    )
    assert [(record.status, told(record)) for record in registry.records] == [
        (Status.CONFLICTED, [("name_conflict", why, hint)])
    ] * 2
    with pytest.raises(ExtensionNotReady) as caught:
        registry.find_provider("hetzner")
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("preference", "kind"),
    [
        ("package", "package"),
        ("hetzner-dist", "package"),
        ("folder", "folder_project"),
        ("folder_project", "folder_project"),
        ("{root}/extensions/../extensions/hetzner", "folder_project"),
    ],
)
def test_a_preference_settles_it(shop, discover, preference, kind):
    """By the origin's kind, the distribution's name or the folder's path; the other one is disabled and says why."""
    registry = conflict(shop, discover, {"hetzner": preference.format(root=shop.root)})
    used = registry.find_provider("hetzner")
    (other,) = (record for record in registry.records if record is not used)
    assert (str(used.origin.kind), used.status, other.status) == (kind, Status.READY, Status.DISABLED)
    assert told(other) == [
        ("not_preferred", f"the configuration prefers {used.origin}", "change extensions.prefer.hetzner")
    ]
    assert registry.get("hetzner") is used


def test_a_preference_for_what_is_not_there(shop, discover):
    """It settles nothing and is said."""
    registry = conflict(shop, discover, {"hetzner": "folder_user"})
    assert statuses(registry) == [("hetzner", "conflicted")] * 2
    assert registry.records[0].problems[0].message.endswith(", and the preference 'folder_user' names none of them")


def test_a_preference_for_more_than_one(shop, discover):
    """It settles nothing either."""
    shop.folder("audit", under="one")
    shop.folder("audit", under="two")
    registry = discover(explicit=[shop.root / "one", shop.root / "two"], prefer={"audit": "folder"})
    assert registry.records[0].problems[0].message.endswith(", and the preference 'folder' names more than one of them")


def test_one_kind_from_two_extensions(shop, discover):
    """Both are conflicted until the configuration says whose it is; then both are used, the kind from one of them."""
    more = '[workflow]\noperation_kinds = ["same", "own_{}"]'
    shop.folder("one", manifest("one", type="workflow", more=more.format(1)))
    holder = shop.folder("two", manifest("two", type="workflow", more=more.format(2)))
    registry = discover(project=holder)
    assert statuses(registry) == [("one", "conflicted"), ("two", "conflicted")]
    assert told(registry.get("one")) == [
        (
            "kind_conflict",
            (
                f"the kind of operation same is brought by one 1.0 (project folder {holder}/one) and"
                f" two 1.0 (project folder {holder}/two)"
            ),
            'say which one is used under [extensions.prefer]: same = "EXTENSION", or disable one',
        )
    ]
    settled = discover(project=holder, prefer={"same": "two"})
    assert statuses(settled) == [("one", "ready"), ("two", "ready")]
    assert [settled.find_kind(kind).name for kind in ("same", "own_1", "own_2")] == ["two", "one", "two"]


def test_what_is_needed_is_there(shop, discover):
    """An extension whose needs are met is ready."""
    shop.folder("one", manifest("one", needs='requires = ["two>=1.0"]'))
    holder = shop.folder("two", manifest("two"))
    assert statuses(discover(project=holder)) == [("one", "ready"), ("two", "ready")]


def test_what_is_needed_is_not_there(shop, discover):
    """Absent, of another version, or not usable; and who needs that one falls with it."""
    shop.folder("absent", manifest("absent", needs='requires = ["nobody>=2"]'))
    shop.folder("old", manifest("old", needs='requires = ["audit>=2"]'))
    shop.folder("chain", manifest("chain", needs='requires = ["old"]'))
    shop.folder("off", manifest("off", needs='requires = ["disabled-one"]'))
    shop.folder("disabled-one", manifest("disabled-one"))
    holder = shop.folder("audit")
    registry = discover(project=holder, selection=Selection(disabled=["disabled-one"]))
    assert statuses(registry) == [
        ("absent", "missing_dependency"),
        ("audit", "ready"),
        ("chain", "missing_dependency"),
        ("disabled-one", "disabled"),
        ("off", "missing_dependency"),
        ("old", "missing_dependency"),
    ]
    place = f"project folder {holder}"
    assert {name: told(registry.get(name)) for name in ("absent", "old", "chain", "off")} == {
        "absent": [
            (
                "requires_missing",
                "you have no such extension, it needs nobody>=2",
                "install or enable the extension nobody in a version that fits",
            )
        ],
        "old": [
            (
                "requires_missing",
                f"you have audit 1.0 ({place}/audit), it needs audit>=2",
                "install or enable the extension audit in a version that fits",
            )
        ],
        "chain": [
            (
                "requires_missing",
                f"you have old 1.0 ({place}/old), which is missing dependency, it needs old",
                "install or enable the extension old in a version that fits",
            )
        ],
        "off": [
            (
                "requires_missing",
                f"you have disabled-one 1.0 ({place}/disabled-one), which is disabled, it needs disabled-one",
                "install or enable the extension disabled-one in a version that fits",
            )
        ],
    }


@pytest.mark.parametrize(
    ("what", "code", "more", "find"),
    [
        ("workflow template", "template_conflict", '[templates.same]\nfile = "flow.toml"', "find_template"),
        ("command", "command_conflict", '[commands.same]\nentry = "a:b"\nhelp = "x"', "find_command"),
    ],
)
def test_one_template_or_command_from_two_extensions(shop, discover, what, code, more, find):
    """As for a kind: both are conflicted until the configuration says whose it is."""
    for name in ("one", "two"):
        holder = shop.folder(name, manifest(name, more=more), {"flow.toml": ""})
    registry = discover(project=holder)
    why = (
        f"the {what} same is brought by one 1.0 (project folder {holder}/one) and two 1.0 (project folder {holder}/two)"
    )
    hint = 'say which one is used under [extensions.prefer]: same = "EXTENSION", or disable one'
    assert [(record.status, told(record)) for record in registry.records] == [
        (Status.CONFLICTED, [(code, why, hint)])
    ] * 2
    settled = discover(project=holder, prefer={"same": "two"})
    assert statuses(settled) == [("one", "ready"), ("two", "ready")]
    assert getattr(settled, find)("same").name == "two"


def test_templates_and_commands_are_known_by_name(shop, discover):
    """Those of an extension that cannot be used as well; who asks for one is told what is in the way."""
    more = '[templates.web]\nfile = "flow.toml"\n[commands.tail]\nentry = "a:b"\nhelp = "x"'
    holder = shop.folder("one", manifest("one", more=more), {"flow.toml": ""})
    registry = discover(project=holder, selection=Selection(disabled=["one"]))
    assert (registry.templates(), registry.commands()) == (["web"], ["tail"])
    for find, name in (("find_template", "web"), ("find_command", "tail")):
        with pytest.raises(ExtensionNotReady, match="is disabled: the configuration disables it"):
            getattr(registry, find)(name)
    with pytest.raises(ExtensionNotFound) as caught:
        registry.find_template("wbe")
    assert str(caught.value) == "there is no workflow template 'wbe'; did you mean web?"


def ordered(shop, discover, needs, **arguments) -> list[str]:
    """Return the order of extensions of which each says what it comes after, as lines of its manifest."""
    for name, (soft, hard) in needs.items():
        text = manifest(name, needs=f"requires = {hard}").replace('type = "hooks"', f'type = "hooks"\nafter = {soft}')
        shop.folder(name, text)
    return [record.name for record in discover(project=shop.root / "extensions", **arguments).in_order()]


def test_extensions_have_an_order(shop, discover):
    """By `after` and `requires`, by name where these say nothing; what is not there, or not used, is passed over."""
    needs = {
        "a": (["c", "nobody"], []),
        "b": ([], []),
        "c": ([], ["d>=1.0"]),
        "d": (["off"], []),
        "off": (["a"], []),
    }
    assert ordered(shop, discover, needs, selection=Selection(disabled=["off"])) == ["b", "d", "c", "a"]
    registry = discover(project=shop.root / "extensions")
    assert [record.name for record in registry.records] == ["a", "b", "c", "d", "off"]


def test_extensions_in_a_circle_are_shown_as_a_path(shop, discover):
    """By `after`, by `requires` or by both; each member shows its way round, and the others are not harmed."""
    needs = {
        "a": (["b"], []),
        "b": ([], ["a"]),
        "c": (["b"], []),
        "d": ([], ["a"]),
        "e": (["e"], []),
        "f": (["g"], []),
        "g": (["f", "h"], []),
        "h": (["g"], []),
        "i": ([], []),
    }
    assert ordered(shop, discover, needs) == ["c", "i"]
    registry = discover(project=shop.root / "extensions")
    hint = "take one of these names out of `after` or `requires`, or disable one of the extensions"
    paths = {
        "a": "a -> b -> a",
        "b": "b -> a -> b",
        "e": "e -> e",
        "f": "f -> g -> f",
        "g": "g -> f -> g",
        "h": "h -> g -> h",
    }
    for name, path in paths.items():
        record = registry.get(name)
        assert (record.status, told(record)) == (
            Status.CONFLICTED,
            [("order_circle", f"it comes after itself: {path}", hint)],
        )
    assert registry.get("d").status is Status.MISSING_DEPENDENCY


def test_a_circle_of_one_that_is_not_used_is_none(shop, discover):
    """Disabling one member frees the others."""
    needs = {"a": (["b"], []), "b": (["a"], [])}
    assert ordered(shop, discover, needs, selection=Selection(disabled=["a"])) == ["b"]


def test_who_cannot_stand_another_one_gives_way(shop, discover):
    """Where the other one is there in that version and not disabled; the other one is not harmed."""
    shop.folder("shy", manifest("shy", needs='conflicts = ["audit<2", "nobody"]'))
    shop.folder("bold", manifest("bold", needs='conflicts = ["audit>=2"]'))
    holder = shop.folder("audit")
    registry = discover(project=holder)
    assert statuses(registry) == [("audit", "ready"), ("bold", "ready"), ("shy", "conflicted")]
    assert told(registry.get("shy")) == [
        (
            "conflicts_with",
            f"it cannot stand beside audit<2, and you have audit 1.0 (project folder {holder}/audit)",
            "disable or uninstall one of the two",
        )
    ]
    assert discover(project=holder, selection=Selection(disabled=["audit"])).get("shy").status is Status.READY


def test_a_record_is_json(shop, discover):
    """Whole, for `--output json`."""
    registry = discover(project=shop.folder("audit"), selection=Selection(disabled=["audit"]))
    assert json.loads(json.dumps(registry.get("audit").as_dict())) == {
        "name": "audit",
        "version": "1.0",
        "type": "hooks",
        "status": "disabled",
        "origin": {
            "kind": "folder_project",
            "folder": f"{shop.root}/extensions/audit",
            "distribution": None,
            "distribution_version": None,
        },
        "location": f"{shop.root}/extensions/audit",
        "problems": [
            {
                "code": "disabled_by_config",
                "message": "the configuration disables it",
                "hint": "provisioning extension enable audit",
            }
        ],
        "manifest": registry.get("audit").manifest.as_dict(),
    }
    assert registry.get("audit").as_dict()["manifest"]["entry_points"]["hooks"] == "plugin:Plugin"
