"""What a study's directory holds, in the words of RO-Crate 1.1, so that archives and search engines understand it.

RO-Crate (https://w3id.org/ro/crate/1.1) is a JSON-LD file beside the data, in the vocabulary of schema.org: the directory
is a Dataset; its files are its parts; Seedbed is the SoftwareApplication that made them; each session is a CreateAction.
Zenodo, WorkflowHub and other archives read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["crate"]

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"
PARQUET = "application/vnd.apache.parquet"
FILES = {
    "manifest.json": ("The whole provenance", "experiment, parameters with sources, versions, sessions", "application/json"),
    "arms.parquet": ("Arms", "one row an arm: its scenario and the value of each factor", PARQUET),
}
FOLDERS = {
    "runs/": ("Runs", "Parquet shards, one row a run: arm, seed, status, seconds, error, outcomes"),
    "curves/": ("Curves", "Parquet shards, one row a run: survival, J-curves and others, as lists"),
    "series/": ("Series", "Parquet shards, one row a quarter: the city's stocks and flows"),
    "events/": ("Events", "Parquet shards, one row an event"),
    "sessions/": ("Sessions", "one JSON file for each time the study was run"),
}


def crate(manifest: Mapping, directory: Path) -> dict:
    """The metadata as JSON-LD. Only what is there is listed; who did the study and under which licence is theirs to add."""
    experiment = manifest.get("experiment", {})
    arms, seeds = experiment.get("arms", ()), experiment.get("seeds", ())
    versions = (manifest.get("sessions") or [{}])[-1].get("versions", {})
    software = {
        "@id": "#seedbed",
        "@type": "SoftwareApplication",
        "name": "Seedbed",
        "version": versions.get("seedbed", ""),
        "identifier": f"rules {manifest.get('source', '')}",
        "softwareRequirements": [f"{name} {version}" for name, version in versions.items() if name != "seedbed"],
        "license": {"@id": "https://spdx.org/licenses/Apache-2.0"},
    }
    files = [
        {"@id": name, "@type": "File", "name": title, "description": about, "encodingFormat": kind}
        for name, (title, about, kind) in FILES.items()
    ] + [
        {"@id": name, "@type": "Dataset", "name": title, "description": about}
        for name, (title, about) in FOLDERS.items()
        if (Path(directory) / name).is_dir()
    ]
    variables = [
        {"@id": f"#outcome-{name}", "@type": "PropertyValue", "name": name, "alternateName": told[0], "unitText": told[1], "description": told[2]}
        for name, told in ((name, [*told, "", "", ""]) for name, told in manifest.get("outcomes", {}).items())
    ]  # fmt: skip
    actions = [
        {
            "@id": f"#session-{session['id']}",
            "@type": "CreateAction",
            "name": f"{session.get('runs', 0)} runs on {session.get('host', 'a machine')}",
            "startTime": session["started"],
            **({"endTime": session["ended"]} if "ended" in session else {}),
            "instrument": {"@id": "#seedbed"},
            "result": {"@id": "./"},
            "actionStatus": {
                "running": "http://schema.org/ActiveActionStatus",
                "stopped": "http://schema.org/FailedActionStatus",
            }.get(session.get("status"), "http://schema.org/CompletedActionStatus"),
        }
        for session in manifest.get("sessions", ())
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Study {experiment.get('name', '')}",
        "description": experiment.get("question")
        or f"{len(arms)} arms under {len(seeds)} seeds, {experiment.get('years')} years each",
        "datePublished": (manifest.get("ended") or manifest.get("started") or "")[:10],
        "license": "Not stated here: whoever publishes the study chooses it",
        "identifier": f"seedbed:{manifest.get('fingerprint', '')}",
        "hasPart": [{"@id": entry["@id"]} for entry in files],
        "variableMeasured": [{"@id": entry["@id"]} for entry in variables],
        "mentions": [{"@id": entry["@id"]} for entry in actions],
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": PROFILE},
        "about": {"@id": "./"},
    }
    licence = {"@id": "https://spdx.org/licenses/Apache-2.0", "@type": "CreativeWork", "name": "Apache License 2.0"}
    return {"@context": CONTEXT, "@graph": [descriptor, root, *files, software, licence, *actions, *variables]}
