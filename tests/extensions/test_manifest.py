"""The manifest: what fits, and everything that can be wrong in one, with its line."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from provisioning.errors import ConfigurationError
from provisioning.extensions import ExtensionType, manifest_schema, read_manifest
from tests.extensions.shop import manifest

FULL = """
[extension]
name = "hetzner"
version = "1.2.0"
type = "provider"
description = "Hetzner Cloud servers"

[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
python = ">=3.11"
platforms = ["linux", "darwin"]
requires = ["aws>=1.0"]
conflicts = ["old-hetzner"]

[entry_points]
provider = "provisioning_hetzner.provider:HetznerProvider"
workflow = { command = ["nu", "kinds.nu"] }
hooks = "provisioning_hetzner.plugin:Plugin"

[provider]
capabilities = ["start_stop", "catalog"]
listing_lag = 2

[workflow]
operation_kinds = ["hetzner_snapshot"]

[hooks]
implements = ["on_event"]

[secrets]
names = ["hetzner_vault"]

[config_source]
provides = true

[health]
checks = ["quota"]

[engine]
types = ["far-away"]

[store]
schemes = ["s3+sqlite"]

[api]
routes = true

[config]
schema = "config.schema.json"
"""


def read(tmp_path: Path, text: str):
    """Read a manifest of this text."""
    path = tmp_path / "extension.toml"
    path.write_text(text, encoding="utf-8")
    return read_manifest(path)


def problems(tmp_path: Path, text: str) -> list[tuple[int | None, str | None, str, str | None]]:
    """Return line, key, message and hint of everything wrong with a text."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return [(found.line, found.key, found.message, found.hint) for found in caught.value.problems]


def test_a_whole_manifest(tmp_path):
    """Every key of the design is read."""
    (tmp_path / "config.schema.json").write_text("{}")
    found = read(tmp_path, FULL)
    assert found.extension.type is ExtensionType.PROVIDER
    assert (found.provider.capabilities, found.provider.listing_lag) == (["start_stop", "catalog"], 2.0)
    assert found.target("provider") == "provisioning_hetzner.provider:HetznerProvider"
    assert found.target("workflow").command == ["nu", "kinds.nu"]
    assert found.config.schema_file == "config.schema.json"


def test_what_may_be_left_out(tmp_path):
    """A short manifest gets what the design says."""
    found = read(tmp_path, manifest())
    assert (found.provider.listing_lag, found.provider.capabilities, found.workflow.operation_kinds) == (5.0, [], [])
    assert (found.hooks.implements, found.config.schema_file, found.target("provider")) == (None, None, None)


def test_everything_is_reported_at_once_with_its_line(tmp_path):
    """A manifest with a mistake in each place gives one error that lists them all."""
    text = """
[extension]
name = "My_Cloud"
version = "one"
type = "cloud"
descripton = "x"

[compatibility]
provisioning = "1.0"
hook_api = 1
platforms = "linux"
requires = ["aws[x]>=1", "Aws", "a b"]

[entry_points]
provider = "module.py"
hook = "a:b"
workflow = 5
hooks = { comand = [] }

[provider]
capabilities = ["start-stop"]
listing_lag = -1

[workflow]
operation_kinds = ["Big-Kind"]

[hooks]
implements = ["on_evnt"]
"""
    assert problems(tmp_path, text) == [
        (3, "extension.name", "'My_Cloud' is not a normalised name (PEP 503)", "write 'my-cloud'"),
        (4, "extension.version", "'one' is not a version (PEP 440)", "write it like 1.2.0"),
        (5, "extension.type", "must be 'provider', 'workflow' or 'hooks'", None),
        (6, "extension.descripton", "is not a known key", "did you mean description?"),
        (
            9,
            "compatibility.provisioning",
            "'1.0' is not a range of versions (PEP 440)",
            "write it like >=1.0,<2",
        ),
        (10, "compatibility.hook_api", "must be text, not an integer", None),
        (11, "compatibility.platforms", "must be a list, not text", None),
        (
            12,
            "compatibility.requires[0]",
            "'aws[x]>=1' is not an extension's name with a range of versions",
            "write it like aws>=1.0",
        ),
        (12, "compatibility.requires[1]", "'Aws' is not a normalised name (PEP 503)", "write 'aws'"),
        (
            12,
            "compatibility.requires[2]",
            "'a b' is not an extension's name with a range of versions",
            "write it like aws>=1.0",
        ),
        (
            15,
            "entry_points.provider",
            "'module.py' does not name an object",
            "write it like package.module:Object",
        ),
        (
            17,
            "entry_points.workflow",
            'must be text like package.module:Object or {command = ["program"]}, not an integer',
            None,
        ),
        (18, "entry_points.hooks", "the key 'command' is missing", None),
        (18, "entry_points.hooks.comand", "is not a known key", "did you mean command?"),
        (16, "entry_points.hook", "is not a known key", "did you mean hooks?"),
        (21, "provider.capabilities[0]", "there is no capability 'start-stop'", "did you mean start_stop?"),
        (22, "provider.listing_lag", "must be from 0 to 3600 seconds", None),
        (
            25,
            "workflow.operation_kinds[0]",
            "'Big-Kind' is not a name for a kind of operation",
            "use lower-case letters, digits and underscores",
        ),
        (28, "hooks.implements[0]", "there is no hook 'on_evnt'", "did you mean on_event?"),
    ]


@pytest.mark.parametrize("written", ["0", "x", "1.0"])
def test_a_hook_interface_is_a_number(tmp_path, written):
    """Written as text, from 1."""
    text = manifest(hook_api=written)
    message = f"{written!r} is not a version of the hook interface"
    assert problems(tmp_path, text) == [(9, "compatibility.hook_api", message, 'write the number as text, like "1"')]


def test_an_empty_command_is_none(tmp_path):
    """A program has a name."""
    text = manifest().replace('"plugin:Plugin"', "{ command = [] }")
    assert problems(tmp_path, text) == [(13, "entry_points.hooks.command", "must not be empty", None)]


def test_missing_tables_and_keys(tmp_path):
    """What has to be there is named."""
    assert problems(tmp_path, '[extension]\nname = "a"\n') == [
        (1, "extension", "the key 'version' is missing", None),
        (1, "extension", "the key 'type' is missing", None),
        (None, None, "the key 'compatibility' is missing", None),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            manifest(type="provider").replace('provider = "cloud', 'hooks = "cloud'),
            (
                12,
                "entry_points",
                "an extension of type provider needs the entry point 'provider'",
                'add provider = "package.module:Object"',
            ),
        ),
        (
            manifest(more="[provider]\nlisting_lag = 1"),
            (14, "provider", "describes a provider plugin, and [entry_points] names none", None),
        ),
        (
            manifest(type="workflow", more="[workflow]\noperation_kinds = []"),
            (
                14,
                "workflow",
                "no operation_kinds are declared",
                "list the names of all kinds that the plugin brings",
            ),
        ),
        (
            manifest(type="workflow", more='[workflow]\noperation_kinds = ["a", "b", "a"]'),
            (15, "workflow.operation_kinds", "'a' stands here more than once", None),
        ),
        (
            manifest(more='[config]\nschema = "../outside.json"'),
            (15, "config.schema", "'../outside.json' leads out of the extension's folder", None),
        ),
        (
            manifest(more='[config]\nschema = "config.json"'),
            (15, "config.schema", "there is no file 'config.json' beside the manifest", None),
        ),
        (
            manifest(more='[config]\nschema = ""'),
            (15, "config.schema", "there is no file '' beside the manifest", None),
        ),
        (
            manifest(more='[config]\nschema = ".."'),
            (15, "config.schema", "'..' leads out of the extension's folder", None),
        ),
        (
            manifest(more=f'[config]\nschema = "{"x" * 300}"'),
            (15, "config.schema", f"there is no file '{'x' * 300}' beside the manifest", None),
        ),
    ],
)
def test_what_does_not_fit_the_rest(tmp_path, text, expected):
    """Each value is right, and the manifest is not."""
    (tmp_path.parent / "outside.json").write_text("{}")
    assert problems(tmp_path, text) == [expected]


BRINGS = """
[extension]
name = "web"
version = "1.0"
type = "{type}"
{after}

[compatibility]
provisioning = ">=1.0,<2"
hook_api = "3"
"""
TEMPLATE = '[templates.web]\nfile = "web.toml"\n'
COMMAND = '[commands.tail]\nentry = "plugin:tail"\nhelp = "Show the end"\n'


@pytest.mark.parametrize(("role", "more"), [("workflow", TEMPLATE), ("workflow", COMMAND), ("hooks", COMMAND)])
def test_templates_and_commands_need_no_plugin(tmp_path, role, more):
    """An extension may be a manifest and a document; its name is told by the table."""
    (tmp_path / "web.toml").write_text("")
    found = read(tmp_path, BRINGS.format(type=role, after='after = ["audit"]') + more)
    assert [found.target(role) for role in ("provider", "workflow", "hooks")] == [None, None, None]
    assert found.extension.after == ["audit"]
    assert {**found.templates, **found.commands}.keys() == ({"web"} if more is TEMPLATE else {"tail"})
    assert found.as_dict()["templates" if more is TEMPLATE else "commands"]


@pytest.mark.parametrize(
    ("role", "more", "expected"),
    [
        (
            "provider",
            TEMPLATE + COMMAND,
            (
                None,
                "entry_points",
                "an extension of type provider needs the entry point 'provider'",
                'add provider = "package.module:Object"',
            ),
        ),
        (
            "hooks",
            TEMPLATE,
            (
                None,
                "entry_points",
                "an extension of type hooks needs the entry point 'hooks'",
                'add hooks = "package.module:Object"',
            ),
        ),
        (
            "workflow",
            TEMPLATE + '[workflow]\noperation_kinds = ["a"]',
            (13, "workflow", "describes a workflow plugin, and [entry_points] names none", None),
        ),
        (
            "workflow",
            TEMPLATE.replace("web.toml", "../outside.toml"),
            (12, "templates.web.file", "'../outside.toml' leads out of the extension's folder", None),
        ),
        (
            "workflow",
            TEMPLATE.replace("web.toml", "gone.toml"),
            (12, "templates.web.file", "there is no file 'gone.toml' beside the manifest", None),
        ),
        (
            "workflow",
            TEMPLATE.replace("file", "fil"),
            [
                (11, "templates.web", "the key 'file' is missing", None),
                (12, "templates.web.fil", "is not a known key", "did you mean file?"),
            ],
        ),
        (
            "workflow",
            '[templates.Web_1]\nfile = "web.toml"',
            (11, "templates.Web_1", "'Web_1' is not a name", "use lower-case letters, digits and single hyphens"),
        ),
        (
            "workflow",
            COMMAND.replace("tail]", "workflow]"),
            (11, "commands.workflow", "'workflow' is a command of provisioning itself", "give it another name"),
        ),
        (
            "workflow",
            COMMAND.replace("plugin:tail", "plugin.py"),
            (
                12,
                "commands.tail.entry",
                "'plugin.py' does not name an object",
                "write it like package.module:Object",
            ),
        ),
        ("workflow", COMMAND.replace("Show the end", ""), (13, "commands.tail.help", "must not be empty", None)),
        ("workflow", "commands = 3", (11, "commands", "must be a table, not an integer", None)),
        ("workflow", "[commands]\ntail = 3", (12, "commands.tail", "must be a table, not an integer", None)),
    ],
)
def test_what_is_wrong_with_a_template_or_a_command(tmp_path, role, more, expected):
    """Each with its line, and what to write."""
    (tmp_path / "web.toml").write_text("")
    (tmp_path.parent / "outside.toml").write_text("")
    text = BRINGS.format(type=role, after="") + more
    if more == "commands = 3":
        text, expected = f"{more}\n{BRINGS.format(type=role, after='')}", (1, *expected[1:])
    assert problems(tmp_path, text) == (expected if isinstance(expected, list) else [expected])


def test_after_names_each_once_and_normalised(tmp_path):
    """As the names of extensions are written everywhere."""
    text = BRINGS.format(type="hooks", after='after = ["Audit_Log"]') + COMMAND
    assert problems(tmp_path, text) == [
        (6, "extension.after[0]", "'Audit_Log' is not a normalised name (PEP 503)", "write 'audit-log'")
    ]
    text = BRINGS.format(type="hooks", after='after = ["a", "a"]') + COMMAND
    assert problems(tmp_path, text) == [(6, "extension.after", "'a' stands here more than once", None)]


def test_a_link_out_of_the_folder_is_no_schema(tmp_path):
    """The schema's file itself must be in the folder, not only its name."""
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / "config.json").symlink_to(outside)
    assert problems(folder, manifest(more='[config]\nschema = "config.json"')) == [
        (15, "config.schema", "'config.json' leads out of the extension's folder", None)
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text (byte 0 is 0xff)"),
        (b"a = 1\n" * 200_000, "is larger than the 1 MiB allowed"),
    ],
)
def test_what_is_no_manifest_at_all(tmp_path, content, message):
    """An empty, a binary and an enormous file are told apart."""
    path = tmp_path / "extension.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_manifest(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_broken_line_is_named(tmp_path):
    """What is not TOML is said with its line."""
    ((line, _, message, _),) = problems(tmp_path, "[extension]\nname = \n")
    assert (line, message) == (2, "is not valid TOML: Invalid value (column 8)")


def test_what_an_extension_does_for_the_program_is_announced(tmp_path):
    """Each table stands for one hook."""
    (tmp_path / "config.schema.json").write_text("{}")
    assert read(tmp_path, FULL).services() == {
        "resolve_secret": "secrets",
        "load_config": "config_source",
        "health_checks": "health",
        "create_engine": "engine",
        "open_store": "store",
        "api_routes": "api",
    }
    assert read(tmp_path, manifest()).services() == {}


TAKEN = "give it another name"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            '[secrets]\nnames = ["vars"]',
            ("secrets.names[0]", "'vars' is taken: it cannot be the name of a secret resolver", TAKEN),
        ),
        (
            '[secrets]\nnames = ["each"]',
            ("secrets.names[0]", "'each' is taken: it cannot be the name of a secret resolver", TAKEN),
        ),
        (
            '[secrets]\nnames = ["env"]',
            ("secrets.names[0]", "'env' is taken: it cannot be the name of a secret resolver", TAKEN),
        ),
        (
            '[secrets]\nnames = ["a.b"]',
            (
                "secrets.names[0]",
                "'a.b' is not a name for a secret resolver",
                "use lower-case letters, digits, - and _",
            ),
        ),
        ('[secrets]\nnames = ["a", "a"]', ("secrets.names", "'a' stands here more than once", None)),
        (
            '[engine]\ntypes = ["threads"]',
            ("engine.types[0]", "'threads' is taken: it cannot be the name of an engine", TAKEN),
        ),
        (
            '[store]\nschemes = ["sqlite"]',
            ("store.schemes[0]", "'sqlite' is taken: it cannot be the name of a store's scheme", TAKEN),
        ),
        (
            '[store]\nschemes = ["S3"]',
            (
                "store.schemes[0]",
                "'S3' is not a name for a store's scheme",
                "write it as it stands before :// in a URL",
            ),
        ),
        (
            '[health]\nchecks = ["status"]',
            ("health.checks[0]", "'status' is taken: it cannot be the name of a check", TAKEN),
        ),
        ('[config_source]\nprovides = "yes"', ("config_source.provides", "must be true or false, not text", None)),
        ("[api]\nroute = true", ("api.route", "is not a known key", "did you mean routes?")),
    ],
)
def test_what_is_announced_has_a_name_of_its_own(tmp_path, more, expected):
    """No name shadows a section, a root of references, or what the core brings."""
    ((_, *found),) = problems(tmp_path, manifest(more=more))
    assert tuple(found) == expected


def test_what_is_announced_needs_a_plugin_that_has_it(tmp_path):
    """The hooks plugin is the one that is asked."""
    text = manifest("cloud", type="provider", more='[secrets]\nnames = ["vault"]')
    ((_, *found),) = problems(tmp_path, text)
    assert found == [
        "secrets",
        "needs the hook resolve_secret, and [entry_points] names no hooks plugin in Python that could have it",
        'add hooks = "package.module:Object"',
    ]


def test_no_check_can_look_like_one_of_the_core(tmp_path):
    """Ids begin with the extension's name, so an extension called core has none."""
    ((_, *found),) = problems(tmp_path, manifest("core", more='[health]\nchecks = ["python"]'))
    assert found == [
        "health.checks",
        "checks named core.NAME are provisioning's own",
        "give the extension another name",
    ]


def test_the_schema_knows_what_the_model_knows():
    """The published schema is one, accepts a whole manifest, and refuses an unknown key."""
    import tomllib

    schema = manifest_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    document = tomllib.loads(FULL)
    assert validator.is_valid(document)
    document["extension"]["nam"] = 1
    assert not validator.is_valid(document)
    assert not validator.is_valid({**tomllib.loads(FULL), "provider": {"capabilities": ["fly"]}})


def test_every_key_is_described():
    """The schema says of each key what it is."""
    schema = manifest_schema()
    tables = [schema, *(table for table in schema["$defs"].values() if "properties" in table)]
    keys = [(key, value) for table in tables for key, value in table["properties"].items()]
    referred = [(key, schema["$defs"].get(value.get("$ref", "").rpartition("/")[2], value)) for key, value in keys]
    assert [key for key, value in referred if not value.get("description")] == []
