#pragma once

#include "storage/routes/service.h"

// Every handler of the Block Storage API, by file. Which route leads to which, and who may take it,
// stands in api.cpp.
namespace nuri::storage {

// volumes.cpp
HandlerFn create_volume, list_volumes, list_volumes_detail, volume_summary, show_volume,
    update_volume, delete_volume, no_id;
// actions.cpp
HandlerFn volume_action;
// metadata.cpp
HandlerFn get_volume_metadata, add_volume_metadata, set_volume_metadata, get_volume_metadata_item,
    set_volume_metadata_item, remove_volume_metadata_item;
HandlerFn get_snapshot_metadata, add_snapshot_metadata, set_snapshot_metadata,
    get_snapshot_metadata_item, set_snapshot_metadata_item, remove_snapshot_metadata_item;
// snapshots.cpp
HandlerFn create_snapshot, list_snapshots, list_snapshots_detail, show_snapshot, update_snapshot,
    delete_snapshot, snapshot_action;
// types.cpp
HandlerFn list_types, create_type, show_type, update_type, delete_type, type_action, type_access;
// type_specs.cpp
HandlerFn list_specs, add_specs, show_spec, set_spec, remove_spec, show_encryption,
    refuse_encryption, list_default_types, show_default_type, set_default_type,
    remove_default_type;
// transfers.cpp
HandlerFn create_transfer, list_transfers, list_transfers_detail, show_transfer, delete_transfer,
    accept_transfer;
// attachments.cpp
HandlerFn create_attachment, list_attachments, list_attachments_detail, show_attachment,
    update_attachment, delete_attachment, attachment_action;
// quotas.cpp
HandlerFn show_quotas, show_default_quotas, update_quotas, remove_quotas, show_quota_class,
    update_quota_class, show_limits;
// hosts.cpp
HandlerFn list_services, change_service, list_hosts, show_host, list_pools, show_capabilities,
    list_zones;
// discovery.cpp
HandlerFn list_extensions, list_messages, show_message, delete_message, resource_filters;
// unserved.cpp
HandlerFn no_backups, no_groups, no_group_snapshots, no_group_types, no_consistency_groups,
    no_cgsnapshots, no_qos, no_clusters, refuse_backups, refuse_groups, refuse_qos, refuse_manage;
// compute.cpp
HandlerFn attach, attached, detaching, detach, put_volume, get_volume, drop_volume, put_snapshot,
    get_snapshot, drop_snapshot;

}  // namespace nuri::storage
