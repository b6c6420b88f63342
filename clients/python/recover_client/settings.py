"""What can be asked of a job."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Dict, Optional


@dataclass(frozen=True)
class Settings:
    """Settings of a job; None leaves the choice to the server. Ranges are the server's to check:
    its error names the field and what is allowed."""

    model: Optional[str] = None
    """"Recover 3" or "Natural Enhance"."""
    output_width: Optional[int] = None
    """Pixels, 1 to 32000. One side given: the other follows. None given: the input's size."""
    output_height: Optional[int] = None
    crop_to_fill: Optional[bool] = None
    """With both sides given and another aspect: cut, where otherwise borders are added."""
    output_format: Optional[str] = None
    """jpeg, png, tiff, webp, avif or jxl."""
    webhook_url: Optional[str] = None
    face_enhancement: Optional[bool] = None
    face_enhancement_strength: Optional[float] = None
    face_enhancement_creativity: Optional[float] = None
    subject_detection: Optional[str] = None
    prompt: Optional[str] = None
    autoprompt: Optional[bool] = None
    creativity: Optional[int] = None
    """1 (faithful) to 9 (inventive)."""
    texture: Optional[int] = None
    sharpen: Optional[float] = None
    denoise: Optional[float] = None
    detail: Optional[bool] = None
    detail_strength: Optional[float] = None
    enhancement_strength: Optional[float] = None
    seed: Optional[int] = None
    """The same input, settings and seed give the same bytes."""

    def form(self) -> Dict[str, str]:
        """The given ones as text fields."""
        given = ((entry.name, getattr(self, entry.name)) for entry in fields(self))
        return {name: _text(value) for name, value in given if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
