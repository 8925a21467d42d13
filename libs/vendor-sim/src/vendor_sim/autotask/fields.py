"""The queryable fields of each entity and their types, as Autotask's interface description of 2025-03 has them."""

_TEXT: dict[str, dict[str, str]] = {
    "Companies": {
        "long": "id",
        "string": (
            "additionalAddressInformation address1 address2 alternatePhone1 alternatePhone2 "
            "billToAdditionalAddressInformation billingAddress1 billingAddress2 billToAttention billToCity "
            "billToState billToZipCode city companyName companyNumber fax phone postalCode sicCode state "
            "stockMarket stockSymbol taxID webAddress"
        ),
        "integer": (
            "apiVendorID billToCompanyLocationID billToAddressToUse billToCountryID classification "
            "companyType competitorID countryID createdByResourceID currencyID impersonatorCreatorResourceID "
            "invoiceEmailMessageID invoiceMethod invoiceTemplateID marketSegmentID ownerResourceID "
            "parentCompanyID quoteEmailMessageID quoteTemplateID taxRegionID territoryID companyCategoryID "
            "purchaseOrderTemplateID"
        ),
        "double": "assetValue surveyCompanyRating",
        "datetime": "createDate lastActivityDate lastTrackedModifiedDateTime",
        "boolean": (
            "invoiceNonContractItemsToParentCompany isActive isClientPortalActive isEnabledForComanaged "
            "isTaskFireActive isTaxExempt"
        ),
    },
    "Contacts": {
        "long": "id",
        "string": (
            "additionalAddressInformation addressLine addressLine1 alternatePhone city emailAddress "
            "emailAddress2 emailAddress3 extension externalID facebookUrl faxNumber firstName lastName "
            "linkedInUrl middleInitial mobilePhone note phone roomNumber state title twitterUrl zipCode"
        ),
        "integer": (
            "apiVendorID companyID companyLocationID countryID impersonatorCreatorResourceID isActive "
            "namePrefix nameSuffix"
        ),
        "datetime": "bulkEmailOptOutTime createDate lastActivityDate lastModifiedDate solicitationOptOutTime",
        "boolean": (
            "isOptedOutFromBulkEmail receivesEmailNotifications primaryContact solicitationOptOut surveyOptOut"
        ),
    },
    "ConfigurationItems": {
        "long": (
            "id dattoAvailableKilobytes dattoOffsiteUsedBytes dattoProtectedKilobytes dattoUsedKilobytes "
            "rmmDeviceAuditMemoryBytes rmmDeviceAuditStorageBytes rmmDeviceID"
        ),
        "integer": (
            "apiVendorID configurationItemCategoryID companyID companyLocationID configurationItemType "
            "contactID contractID contractServiceBundleID contractServiceID createdByPersonID "
            "dattoDeviceMemoryMegabytes dattoKernelVersionID dattoNICSpeedKilobitsPerSecond "
            "dattoNumberOfAgents dattoNumberOfDrives dattoNumberOfVolumes dattoOSVersionID "
            "dattoUptimeSeconds dattoZFSVersionID impersonatorCreatorResourceID installedByContactID "
            "installedByID lastActivityPersonID lastActivityPersonType parentConfigurationItemID productID "
            "rmmDeviceAuditAntivirusStatusID rmmDeviceAuditArchitectureID rmmDeviceAuditBackupStatusID "
            "rmmDeviceAuditDeviceTypeID rmmDeviceAuditDisplayAdaptorID rmmDeviceAuditDomainID "
            "rmmDeviceAuditManufacturerID rmmDeviceAuditMissingPatchCount "
            "rmmDeviceAuditMobileNetworkOperatorID rmmDeviceAuditModelID rmmDeviceAuditMotherboardID "
            "rmmDeviceAuditPatchStatusID rmmDeviceAuditProcessorID rmmDeviceAuditServicePackID "
            "rmmDeviceAuditSoftwareStatusID rmmOpenAlertCount serviceBundleID serviceID "
            "serviceLevelAgreementID sourceChargeID sourceChargeType vendorID"
        ),
        "datetime": "createDate dattoLastCheckInDateTime installDate lastModifiedTime warrantyExpirationDate",
        "double": "dailyCost dattoPercentageUsed hourlyCost monthlyCost numberOfUsers perUseCost setupFee",
        "boolean": "dattoDrivesErrors isActive",
        "string": (
            "dattoHostname dattoInternalIP dattoRemoteIP dattoSerialNumber deviceNetworkingID location notes "
            "referenceNumber referenceTitle rmmDeviceAuditDescription rmmDeviceAuditExternalIPAddress "
            "rmmDeviceAuditHostname rmmDeviceAuditIPAddress rmmDeviceAuditLastUser rmmDeviceAuditMacAddress "
            "rmmDeviceAuditMobileNumber rmmDeviceAuditOperatingSystem rmmDeviceAuditSNMPContact "
            "rmmDeviceAuditSNMPLocation rmmDeviceAuditSNMPName rmmDeviceUID serialNumber"
        ),
    },
    "Contracts": {
        "long": "id exclusionContractID renewedContractID setupFeeBillingCodeID",
        "integer": (
            "billingPreference billToCompanyContactID billToCompanyID companyID contactID contractCategory "
            "contractExclusionSetID contractPeriodType contractType opportunityID "
            "organizationalLevelAssociationID serviceLevelAgreementID status "
            "timeReportingRequiresStartAndStopTimes"
        ),
        "string": "contactName contractName contractNumber description purchaseOrderNumber",
        "datetime": "endDate startDate",
        "double": (
            "estimatedCost estimatedHours estimatedRevenue internalCurrencyOverageBillingRate "
            "internalCurrencySetupFee overageBillingRate setupFee"
        ),
        "boolean": "isCompliant isDefaultContract",
    },
    "ContractServices": {
        "long": "id quoteItemID",
        "integer": "contractID serviceID",
        "double": "internalCurrencyAdjustedPrice internalCurrencyUnitPrice unitCost unitPrice",
        "string": "internalDescription invoiceDescription",
    },
    "ContractServiceUnits": {
        "long": "id",
        "datetime": "approveAndPostDate endDate startDate",
        "integer": "contractID contractServiceID organizationalLevelAssociationID serviceID units vendorCompanyID",
        "double": "cost internalCurrencyPrice price",
    },
    "Services": {
        "long": "id serviceLevelAgreementID",
        "integer": "billingCodeID creatorResourceID periodType updateResourceID vendorCompanyID",
        "datetime": "createDate lastModifiedDate",
        "string": "description invoiceDescription name",
        "boolean": "isActive",
        "double": "markupRate unitCost unitPrice",
    },
}

FIELDS: dict[str, dict[str, str]] = {
    entity: {name: kind for kind, names in kinds.items() for name in names.split()} for entity, kinds in _TEXT.items()
}
"""Entity to {field: integer|long|double|boolean|string|datetime}, fields in the spelling of the answers."""

SPELLING: dict[str, dict[str, str]] = {
    entity: {name.lower(): name for name in names} for entity, names in FIELDS.items()
}
"""Entity to {lower-case field: field}: requests may use any letter case."""

PICKLISTS: dict[tuple[str, str], tuple[tuple[int, str, bool], ...]] = {
    ("Companies", "companyType"): (
        (1, "Kunde", True),
        (2, "Lead", True),
        (3, "Interessent", True),
        (4, "Tot", True),
        (6, "Gekündigt", True),
        (7, "Lieferant", True),
        (8, "Partner", False),
    ),
    ("ConfigurationItems", "configurationItemType"): (
        (1, "Arbeitsplatz", True),
        (2, "Server", True),
        (3, "Drucker", True),
        (4, "USV", True),
        (5, "Faxgerät", False),
    ),
    ("Contracts", "contractType"): (
        (1, "Nach Aufwand", True),
        (3, "Festpreis", True),
        (4, "Stundenkontingent", True),
        (6, "Retainer", True),
        (7, "Wiederkehrend", True),
        (8, "Pro Ticket", True),
    ),
    ("Contracts", "status"): ((0, "Inaktiv", True), (1, "Aktiv", True)),
    ("Services", "periodType"): ((2, "Monatlich", True), (5, "Jährlich", True)),
}
"""(entity, field) to (value, the MSP's own label, active): the value is a number in rows and a string in metadata."""
