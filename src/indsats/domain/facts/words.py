"""The values that the base catalogue names, each set under the name of what it says."""

from typing import Literal, TypeAlias

Role: TypeAlias = Literal[
    "caseworker",
    "company_consultant",
    "follow_up_worker",
    "project_leader",
    "jobformidler",
    "authority_caseworker",
    "mentor",
    "ips_consultant",
    "rehab_team",
    "citizen",
    "employer",
    "team_leader",
    "system",
]

Route: TypeAlias = Literal[
    "rehab_referral",
    "rehab_grant",
    "mover_in",
    "dismissed_flexjob",
    "other_newcomer",
    "existing_recipient",
    "existing_flexjob",
    "flexjob_found",
]

Track: TypeAlias = Literal["job_club", "individual", "competence_clarification", "work_placement", "external_provider"]

ReviewOutcome: TypeAlias = Literal["continue", "adjust", "individual", "external"]

ContactForm: TypeAlias = Literal["personal", "phone", "video", "digital", "letter"]

Dimension: TypeAlias = Literal["time", "tasks", "complexity", "intensity"]

OfferedTo: TypeAlias = Literal["citizen", "employer"]

EmploymentEnd: TypeAlias = Literal["dismissed", "resigned", "expired", "other"]

HoldReason: TypeAlias = Literal["sickness", "parental_leave", "holiday", "exemption", "other"]

ClosingReason: TypeAlias = Literal[
    "ordinary_job",
    "education",
    "disability_pension",
    "old_age_pension",
    "moved_out",
    "death",
    "flexjob_refused",
    "right_lost",
    "project_ended",
    "other",
]
