"""A secret resolver: `{{secret.db.password}}` is what the file `db/password` in a folder holds."""

from pathlib import Path

from provisioning import ExtensionContext, InvalidRequest, NotFound, hookimpl


class Plugin:
    """Reads one file for each secret."""

    @hookimpl
    def resolve_secret(self, path: str, context: ExtensionContext) -> str:
        """Return the text of the file at a path, which may not lead out of the folder."""
        folder = (context.directory / Path(context.options["folder"]).expanduser()).resolve()
        file = (folder / path).resolve()
        if not file.is_relative_to(folder):
            raise InvalidRequest(f"{path!r} leads out of {folder}")
        try:
            return file.read_text("utf-8").rstrip("\n")
        except (OSError, UnicodeError) as error:
            raise NotFound(f"there is no secret to read in {file}", hint="write it there") from error
