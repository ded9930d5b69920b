"""The record of the custom metadata type Email Domain Setting."""

from __future__ import annotations

from pathlib import Path

from installer.parts import SCRATCH

_RECORD = """\
<?xml version="1.0" encoding="UTF-8"?>
<CustomMetadata xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
    <label>Default</label>
    <protected>false</protected>
    <values>
        <field>Several_Domains__c</field>
        <value xsi:type="xsd:boolean">{value}</value>
    </values>
</CustomMetadata>
"""


def write_setting(project: Path, *, several: bool) -> str:
    """The folder to deploy, relative to the project."""
    folder = Path(SCRATCH, "setting")
    file = project / folder / "main" / "default" / "customMetadata" / "Email_Domain_Setting.Default.md-meta.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_RECORD.format(value=str(several).lower()), encoding="utf-8")
    return folder.as_posix()
