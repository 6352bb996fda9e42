"""What columns are called that say what we ask for, in the languages that desks are used in.

The names are as `records.plain` makes them; of several in one file the first here counts.
"""

from collections.abc import Mapping
from typing import Final

COLUMNS: Final[Mapping[str, str]] = {
    "external_id": (
        "ticket_id ticket_number ticket_no ticket_nr ticket_key ticketid issue_key key case_number"
        " casenumber case_no case_id incident_number incident_id incident_no request_number"
        " request_id conversation_id issue_number issue_id number ticket case incident"
        " reference ref ticketnummer vorgangsnummer vorgang nummer numero_de_ticket"
        " numero_du_ticket no_ticket numero_ticket numero identifiant identificador nr no id"
        " external_id"
    ),
    "updated_at": (
        "updated_at last_updated_at updated updated_on updated_time update_time last_updated"
        " last_update last_update_time last_updated_time last_updated_date last_modified"
        " last_modified_at last_modified_date modified_at modified date_modified date_updated"
        " sys_updated_on sys_updated_at date_mod last_activity_date letzte_aktualisierung"
        " letzte_anderung aktualisiert aktualisiert_am geandert geandert_am mis_a_jour"
        " mis_a_jour_le"
        " derniere_mise_a_jour derniere_modification ultima_actualizacion actualizado"
        " fecha_de_actualizacion ultimo_aggiornamento aggiornato ultima_atualizacao atualizado_em"
        " as_of_date as_of timestamp event_time event_timestamp occurred_at changed_at change_date"
        " change_time"
        " complete_timestamp time_of_change history_date zeitstempel zeitpunkt horodatage date_time"
        " datetime time"
    ),
    "created_at": (
        "created_at created created_on created_time create_time creation_time created_date"
        " create_date creation_date date_created opened_at opened opened_on opened_date open_date"
        " opening_date date_opened open_time reported_at reported reported_date date_reported"
        " submitted_at submitted submit_date date_submitted sys_created_on sys_created_at"
        " requested_at request_date start_time erstellt erstellt_am erstellungsdatum angelegt"
        " angelegt_am eroffnet eroffnet_am eroffnungsdatum gemeldet_am cree cree_le"
        " date_de_creation date_d_ouverture ouvert_le fecha_de_creacion creado creado_el"
        " data_di_creazione creato creato_il data_de_criacao criado criado_em aangemaakt"
        " aangemaakt_op"
    ),
    "first_responded_at": (
        "first_responded_at first_response_at first_response_date first_response_time"
        " first_response first_reply_at first_reply_date first_reply_time first_reply"
        " first_responded first_agent_reply_date initial_response_time initial_response"
        " responded_at response_at response_time date_first_response erste_antwort"
        " erste_antwort_am erstreaktion erstreaktion_am premiere_reponse premiere_reponse_le"
        " primera_respuesta prima_risposta primeira_resposta eerste_reactie"
    ),
    "resolved": (
        "resolved_at resolved resolved_on resolved_time resolved_date resolution_date"
        " resolutiondate date_resolved resolve_time solved_at solved solved_on solved_date"
        " date_solved solvedate completed_at completed completed_date done_at fixed_at gelost"
        " gelost_am erledigt_am resolu resolu_le date_de_resolution resuelto resuelto_el"
        " fecha_de_resolucion risolto risolto_il resolvido resolvido_em opgelost opgelost_op"
    ),
    "closed": (
        "closed_at closed closed_on closed_time closed_date close_date date_closed close_time"
        " closing_date end_time geschlossen geschlossen_am ferme ferme_le cloture cloture_le"
        " date_de_cloture cerrado cerrado_el fecha_de_cierre chiuso chiuso_il fechado fechado_em"
        " gesloten gesloten_op"
    ),
    "status": (
        "status ticket_status issue_status case_status incident_state request_status state"
        " ticket_state current_status new_status status_name zustand statut estado stato etat"
        " situacao activity event action aktivitat"
    ),
    "priority": (
        "priority ticket_priority issue_priority priority_name priority_level prio severity urgency"
        " prioritat dringlichkeit priorite prioridad priorita prioridade prioriteit"
    ),
    "customer_tier": (
        "customer_tier tier support_tier support_level service_level service_tier account_tier"
        " sla_tier customer_plan support_plan plan kundenstufe"
    ),
    "assigned_to": (
        "assigned_to assignee assignee_name assigned_agent assigned agent agent_name owner"
        " ticket_owner owner_name handled_by technician assigned_technician resolver bearbeiter"
        " zugewiesen_an zugewiesen zustandig agent_assigne assigne_a asignado_a asignado"
        " assegnatario"
        " assegnato_a responsavel atribuido_a toegewezen_aan behandelaar"
    ),
    "team": (
        "team assignment_group assigned_group assigned_team support_group group group_name"
        " team_name queue queue_name department gruppe abteilung groupe equipe grupo equipo gruppo"
        " groep"
    ),
    "organization": (
        "organization organisation organization_name organisation_name company company_name"
        " customer_company account account_name customer customer_name client client_name kunde"
        " firma unternehmen societe entreprise empresa cliente azienda organisatie klant"
    ),
    "type": (
        "type ticket_type issue_type request_type case_type incident_type tracker typ art"
        " ticketart type_de_ticket tipo"
    ),
    "title": (
        "title subject summary short_description ticket_subject ticket_name issue_summary headline"
        " betreff titel zusammenfassung sujet titre objet asunto titulo oggetto assunto onderwerp"
        " name"
    ),
    "tags": "tags labels tag label schlagworte etiquettes etiquetas etichette",
    "last_agent_reply_at": "last_agent_reply_at last_agent_reply last_response_at last_reply_at",
    "last_customer_reply_at": (
        "last_customer_reply_at last_customer_reply last_requester_reply last_contact_reply_at"
    ),
    "revision": "revision sys_mod_count",
    "updated_by": "updated_by sys_updated_by changed_by modified_by last_modified_by",
}
"""Of each attribute. `resolved` and `closed` are times at which it became so."""

FIELD: Final = ("field_name", "field", "attribute", "property", "property_name", "field_id")
OLD: Final = ("old_value", "from_value", "previous_value", "value_before", "from_string", "old")
NEW: Final = ("new_value", "to_value", "value", "value_after", "to_string", "new")
"""Of a table with one row a change."""

SCALES: Final = (
    "highest high medium low lowest",
    "urgent high normal low",
    "urgent high medium low",
    "blocker critical major minor trivial",
    "critical high moderate low planning",
    "critical high medium low",
    "critical major minor trivial",
    "very_high high medium low very_low",
    "very_high high normal low very_low",
    "immediate urgent high normal low",
    "1_critical 2_high 3_moderate 4_low 5_planning",
    "3_high 2_normal 1_low",
    "major very_high high medium low very_low",
    "kritisch hoch mittel niedrig",
    "dringend hoch normal niedrig",
    "sehr_hoch hoch mittel niedrig sehr_niedrig",
    "sehr_hoch hoch normal niedrig",
    "urgente haute moyenne basse",
    "urgente haute normale basse",
    "critique haute moyenne basse",
    "tres_haute haute moyenne basse tres_basse",
    "urgente alta media baja",
    "critica alta media baja",
    "urgente alta normale bassa",
    "critica alta media bassa",
    "urgente alta media baixa",
    "dringend hoog normaal laag",
    "1 2 3 4 5",
)
"""Words for priorities, each from the most urgent down. Numbers alone count down from 1."""
