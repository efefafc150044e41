"""The sync: the Entra Connect host, and how patient to be with it."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from hybrid_worker.settings.file import PREFIX, FileSettings
from hybrid_worker.settings.secret import secret_of


class SyncSettings(FileSettings):
    """The Entra Connect host, and how patient to be with it."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}SYNC_", extra="ignore", env_ignore_empty=True
    )

    mode: Literal["connect", "cloud", "none"] = Field(
        "connect",
        description="connect: Entra Connect, whose cycles the worker starts; cloud: Entra Cloud "
        "Sync, which nobody starts; none: leave it to the scheduler of Entra Connect.",
    )
    through: Literal["psrp", "subprocess"] = Field(
        "psrp",
        description="For mode=connect; psrp: a JEA endpoint, subprocess: PowerShell on this host.",
    )
    provision_on_demand: bool = Field(
        False,
        description="For mode=cloud, and an app that has SSPR_PROVISION_ON_DEMAND: true has the "
        "worker tell the app the DN of each new hire whom it puts into the group.",
    )
    host: str | None = Field(None, description="Give the Entra Connect host's DNS name.")
    port: int = Field(5986, ge=1, le=65535, description="WinRM over HTTPS.")
    connector: str | None = Field(
        None,
        description="The connector of Entra Connect that reads the group's forest, where it does "
        "not have the forest's name.",
    )
    configuration: str = Field("SSPR.DeltaSync", description="The name of the JEA endpoint.")
    auth: Literal["negotiate", "kerberos", "ntlm", "basic"] = Field(
        "negotiate", description="How to sign in to WinRM; always over HTTPS."
    )
    user: str | None = Field(
        None, description="Empty: the process's own account, or on Linux that of the keytab."
    )
    password: SecretStr | None = Field(None, description="The user's.")
    password_file: FilePath | None = Field(None, description="A file with the password, instead.")
    ca_file: FilePath | None = Field(
        None, description="PEM of your own authority; the system's store is not asked."
    )
    powershell: Path = Field(
        Path(r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"),
        description="For through=subprocess: an absolute path.",
    )
    module: str = Field("ADSync", description="For through=subprocess: the module, or its path.")
    timeout: int = Field(60, ge=6, le=600, description="Seconds to wait for one answer.")
    debounce: float = Field(2, ge=0, le=60, description="Seconds to gather changes for one cycle.")
    poll: float = Field(5, gt=0, le=120, description="Seconds between looks at a running cycle.")
    longest_pause: float = Field(
        300, gt=0, le=900, description="Seconds at most between tries while a cycle cannot be had."
    )
    explain_after: float = Field(
        240, ge=0, le=1800, description="Seconds after which to say what keeps an owed sync back."
    )
    look_every: int = Field(
        1800,
        ge=0,
        le=86_400,
        description="Seconds between looks at the host's writeback and its events; 0: none. Each "
        "is a session there, with its transcript.",
    )
    patience: float = Field(
        1200, gt=0, description="Seconds after which a sync that is still owed counts as failed."
    )

    @model_validator(mode="before")
    @classmethod
    def _takes_older_words(cls, values: Any) -> Any:
        """Reads psrp and subprocess, which were modes before there was another sync than Connect.

        A worker.env that was written then goes on to work.
        """
        if not isinstance(values, dict) or values.get("mode") not in {"psrp", "subprocess"}:
            return values
        through = values.get("through", values["mode"])
        if through != values["mode"]:
            raise ValueError(
                f"{PREFIX}SYNC_MODE={values['mode']} means connect through {values['mode']}, and "
                f"{PREFIX}SYNC_THROUGH says {through}"
            )
        return values | {"mode": "connect", "through": through}

    @model_validator(mode="after")
    def _provisions_by_cloud_sync(self) -> Self:
        if self.provision_on_demand and self.mode != "cloud":
            raise ValueError(
                f"{PREFIX}SYNC_PROVISION_ON_DEMAND is for {PREFIX}SYNC_MODE=cloud: Entra Connect "
                "provisions nobody on demand"
            )
        return self

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        if self.mode != "connect":
            return self
        if self.through == "psrp" and not self.host:
            raise ValueError(
                f"{PREFIX}SYNC_MODE=connect needs {PREFIX}SYNC_HOST, the Entra Connect host; "
                "set the mode to none to leave syncing to its scheduler, to cloud where it is "
                "Entra Cloud Sync"
            )
        if self.through == "subprocess" and not self.powershell.is_file():
            raise ValueError(f"{PREFIX}SYNC_POWERSHELL: there is no {self.powershell}")
        return self

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        secrets = sum(map(bool, [self.password, self.password_file]))
        if bool(self.user) != bool(secrets) or secrets > 1:
            raise ValueError(
                f"{PREFIX}SYNC_USER goes with one of "
                f"{PREFIX}SYNC_PASSWORD and {PREFIX}SYNC_PASSWORD_FILE"
            )
        if self.auth == "basic" and not self.user:
            raise ValueError(f"{PREFIX}SYNC_AUTH=basic needs {PREFIX}SYNC_USER")
        return self

    def secret(self) -> str | None:
        """Returns the password, wherever it is kept."""
        return secret_of(self.password, self.password_file)
