"""Client for Recover, the photo restoration server that people run themselves.

    from recover_client import RecoverClient, Settings

    client = RecoverClient("http://127.0.0.1:8080", api_key="rk_...")
    client.enhance("old.jpg", "new.png", Settings(output_width=2000, output_format="png"))
"""

from .batch import Batch, BatchItem
from .client import RecoverClient
from .errors import (ApiError, BadDownload, ConnectionFailed, JobFailed, RecoverError,
                     WaitTimeout)
from .records import Balance, Download, Estimate, Job, Submission
from .settings import Settings
from .transport import RetryPolicy

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "BadDownload",
    "Balance",
    "Batch",
    "BatchItem",
    "ConnectionFailed",
    "Download",
    "Estimate",
    "Job",
    "JobFailed",
    "RecoverClient",
    "RecoverError",
    "RetryPolicy",
    "Settings",
    "Submission",
    "WaitTimeout",
]
