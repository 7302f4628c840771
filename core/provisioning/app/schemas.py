"""The JSON Schemas of every document that a stranger writes or reads, generated from the models."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from provisioning.bridge import ProgramRequest, ProgramResponse
from provisioning.config import config_schema
from provisioning.contract.documents import EventDocument, ExportLine, ReplyDocument, ResultDocument
from provisioning.extensions import freeze_schema, manifest_schema
from provisioning.workflow import document_schema

__all__ = ["all_schemas"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def all_schemas() -> Mapping[str, Mapping[str, Any]]:
    """Return the schemas by name: what a person writes first, then what a program reads."""
    schemas = {
        "workflow": document_schema(),
        "config": config_schema(),
        "extension": manifest_schema(),
        "freeze": freeze_schema(),
        "event": TypeAdapter(EventDocument).json_schema(),
        "result": TypeAdapter(ResultDocument).json_schema(),
        "reply": TypeAdapter(ReplyDocument).json_schema(),
        "export": TypeAdapter(Annotated[ExportLine, Field(discriminator="type")]).json_schema(),
        "program-request": ProgramRequest.model_json_schema(),
        "program-response": TypeAdapter(ProgramResponse).json_schema(),
    }
    return {name: {"$schema": DIALECT, **schema} for name, schema in schemas.items()}
