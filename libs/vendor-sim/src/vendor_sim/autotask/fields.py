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
    "Resources": {
        "long": "id defaultServiceDeskRoleID",
        "string": (
            "accountingReferenceID dateFormat email email2 email3 emailTypeCode emailTypeCode2 emailTypeCode3 "
            "firstName gender homePhone initials lastName middleName mobilePhone numberFormat officeExtension "
            "officePhone resourceType timeFormat title travelAvailabilityPct userName"
        ),
        "integer": "greeting licenseType locationID payrollType suffix userType",
        "datetime": "hireDate",
        "double": "internalCost surveyResourceRating",
        "boolean": "isActive",
    },
    "TicketNotes": {
        "long": "id",
        "string": "description title",
        "integer": (
            "creatorResourceID impersonatorCreatorResourceID impersonatorUpdaterResourceID noteType publish ticketID"
        ),
        "datetime": "createDateTime lastActivityDate",
    },
    "Tickets": {
        "long": "id contractServiceBundleID contractServiceID",
        "integer": (
            "apiVendorID assignedResourceID assignedResourceRoleID billingCodeID changeApprovalBoard "
            "changeApprovalStatus changeApprovalType companyID companyLocationID completedByResourceID "
            "configurationItemID contactID contractID creatorResourceID creatorType "
            "currentServiceThermometerRating firstResponseAssignedResourceID firstResponseInitiatingResourceID "
            "impersonatorCreatorResourceID issueType lastActivityPersonType lastActivityResourceID monitorID "
            "monitorTypeID opportunityID organizationalLevelAssociationID previousServiceThermometerRating "
            "priority problemTicketId projectID queueID rmaStatus rmaType serviceLevelAgreementID "
            "serviceThermometerTemperature source status subIssueType ticketCategory ticketType"
        ),
        "string": (
            "changeInfoField1 changeInfoField2 changeInfoField3 changeInfoField4 changeInfoField5 description "
            "externalID purchaseOrderNumber resolution rmmAlertID ticketNumber title"
        ),
        "datetime": (
            "completedDate createDate dueDateTime firstResponseDateTime firstResponseDueDateTime lastActivityDate "
            "lastCustomerNotificationDateTime lastCustomerVisibleActivityDateTime lastTrackedModificationDateTime "
            "resolutionPlanDateTime resolutionPlanDueDateTime resolvedDateTime resolvedDueDateTime"
        ),
        "double": "estimatedHours hoursToBeScheduled serviceLevelAgreementPausedNextEventHours",
        "boolean": "serviceLevelAgreementHasBeenMet",
    },
    "ContractServiceBundles": {
        "long": "id quoteItemID",
        "double": "adjustedPrice internalCurrencyAdjustedPrice internalCurrencyUnitPrice unitPrice",
        "integer": "contractID serviceBundleID",
        "string": "internalDescription invoiceDescription",
    },
    "ContractServiceBundleUnits": {
        "long": "id",
        "integer": "contractID contractServiceBundleID organizationalLevelAssociationID serviceBundleID units",
        "datetime": "approveAndPostDate endDate startDate",
        "double": "cost internalCurrencyPrice price",
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
    ("Resources", "licenseType"): ((1, "Professional", True), (3, "Time & Attendance", True), (7, "API User", True)),
    ("Resources", "payrollType"): ((1, "Gehalt", True), (2, "Stundenlohn", True)),
    ("Tickets", "status"): (
        (1, "Neu", True),
        (5, "Erledigt", True),
        (7, "Wartet auf Kunde", True),
        (8, "In Arbeit", True),
        (29_682_850, "Wartet auf Freigabe", False),
    ),
    ("Tickets", "priority"): ((4, "Kritisch", True), (1, "Hoch", True), (2, "Normal", True), (3, "Niedrig", True)),
    ("Tickets", "queueID"): (
        (8, "Überwachung", True),
        (29_682_833, "Level 1", True),
        (29_682_969, "Level 2", True),
        (29_683_001, "Alte Hotline", False),
    ),
    ("Tickets", "source"): ((2, "Telefon", True), (4, "E-Mail", True), (8, "Überwachung", True)),
    ("Tickets", "issueType"): ((10, "Arbeitsplatz", True), (11, "Bestellung", True), (12, "Infrastruktur", True)),
    ("Tickets", "subIssueType"): (
        (101, "Hardware", True),
        (102, "Postfach", True),
        (110, "Eintritt", True),
        (111, "Einkauf", True),
        (120, "Netzwerk", True),
        (121, "Datensicherung", True),
    ),
    ("Tickets", "ticketType"): (
        (1, "Anfrage", True),
        (2, "Störung", True),
        (3, "Problem", True),
        (4, "Änderung", True),
        (5, "Meldung", True),
    ),
    ("Tickets", "ticketCategory"): ((3, "Standard", True), (4, "Meldung der Überwachung", True)),
    ("Services", "periodType"): ((2, "Monatlich", True), (5, "Jährlich", True)),
}
"""(entity, field) to (value, the MSP's own label, active): the value is a number in rows and a string in metadata."""

PARENTS: dict[tuple[str, str], tuple[str, dict[int, int]]] = {
    ("Tickets", "subIssueType"): ("issueType", {101: 10, 102: 10, 110: 11, 111: 11, 120: 12, 121: 12}),
}
"""(entity, field) to the field its values hang below, and to which of that field's values each belongs."""

NOT_QUERYABLE = {("Tickets", "creatorType"), ("Tickets", "lastActivityPersonType")}
"""Fields that are answered but may not stand in a filter."""
