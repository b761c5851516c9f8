"""Settings of the gateway process, and the quotas of AWS that it holds to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from finq.settings import SettingsError

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class Limits:
    """Quotas of the real services, in bytes and seconds. Tests shorten them; a running gateway does not."""

    rest_timeout: float = 29
    rest_body: int = 10 * MIB
    rest_rate: float = 10_000  # requests a second
    rest_burst: int = 5_000
    websocket_timeout: float = 29
    websocket_message: int = 128 * KIB
    websocket_frame: int = 32 * KIB
    websocket_idle: float = 600
    websocket_lifetime: float = 7_200
    websocket_send: float = 5  # a client that reads nothing for so long is dropped, not waited for
    invoke_payload: int = 6 * MIB
    invoke_async_payload: int = MIB
    event_age: float = 21_600
    init: float = 60  # Lambda gives 10 s and then starts over; a busy laptop is slower
    queue: float = 10  # Lambda refuses at once when concurrency is spent; a laptop's concurrency is small
    runtime_idle: float = 115  # a foreign worker's connection may be dropped, and made again, after so long a call
    runtime_reconnect: float = 5
    idle_worker: float = 600  # after this long a worker beyond the first is stopped


class GatewaySettings(BaseModel):
    """Read from the gateway's own environment by `from_environment`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    host: str = Field("127.0.0.1", alias="FINQ_HOST")
    port: int = Field(8080, alias="FINQ_PORT", ge=1, le=65535)
    home: Path = Field(Path(".finq"), alias="FINQ_HOME")
    contract: Path = Field(Path("api/openapi.yaml"), alias="FINQ_CONTRACT")
    functions: Path = Field(Path("functions.yaml"), alias="FINQ_FUNCTIONS")
    task_root: Path = Field(Path(__file__).parents[2], alias="FINQ_TASK_ROOT")  # the folder on the functions' path
    web_origin: str = Field("*", alias="FINQ_WEB_ORIGIN")
    policy_cache_seconds: float = Field(0, alias="FINQ_POLICY_CACHE_SECONDS", ge=0, le=3600)
    # Waits before the second and third attempt of a failed event; Lambda's are 60 and 120.
    retry_delays: tuple[float, float] = Field((1, 2), alias="FINQ_RETRY_DELAYS")
    # Functions kept warm, comma-separated. Not set: those that a person waits for (see `Gateway.warm`).
    warm: tuple[str, ...] | None = Field(None, alias="FINQ_WARM")
    # Runtime API for workers that something else starts (containers): function number n of functions.yaml,
    # counted from 0, is served on port base + n. Those named in `external` are never started here; `*` names all.
    runtime_host: str = Field("127.0.0.1", alias="FINQ_RUNTIME_HOST")
    runtime_port_base: int | None = Field(None, alias="FINQ_RUNTIME_PORT_BASE", ge=1, le=65000)
    external: tuple[str, ...] = Field((), alias="FINQ_EXTERNAL_FUNCTIONS")

    region: str = Field("ap-northeast-2", alias="AWS_REGION")
    account_id: str = Field("000000000000", alias="AWS_ACCOUNT_ID", pattern=r"^\d{12}$")
    access_key_id: str = Field("test", alias="AWS_ACCESS_KEY_ID")
    secret_access_key: str = Field("test", alias="AWS_SECRET_ACCESS_KEY", repr=False)

    @field_validator("warm", "external", "retry_delays", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "GatewaySettings":
        """Read the variables; an empty value counts as not set.

        Raises:
            SettingsError: with one line per invalid variable.
        """
        source = os.environ if environment is None else environment
        names = [field.alias for field in cls.model_fields.values() if field.alias]
        try:
            return cls.model_validate({name: source[name] for name in names if source.get(name)})
        except ValidationError as error:
            lines = [f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()]
            raise SettingsError("; ".join(lines)) from None
