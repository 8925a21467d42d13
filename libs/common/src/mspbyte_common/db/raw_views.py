"""Which views there are over what the vendors sent, and the fields that get a column of their own.

One per vendor list; a test compares them with the adapters' endpoints. Every other field is in the column `raw_data`.
"""

from __future__ import annotations

from typing import Final

RAW_VIEWS: Final[dict[tuple[str, str], str]] = {
    ("autotask", "Companies"): (
        "companyName companyType isActive webAddress phone address1 address2 city state postalCode countryID "
        "parentCompanyID createDate lastActivityDate userDefinedFields"
    ),
    ("autotask", "ConfigurationItems"): (
        "companyID contactID configurationItemType referenceTitle serialNumber isActive createDate "
        "lastModifiedTime rmmDeviceAuditHostname rmmDeviceAuditIPAddress rmmDeviceAuditLastUser "
        "rmmDeviceAuditMacAddress rmmDeviceAuditOperatingSystem userDefinedFields"
    ),
    ("autotask", "Contacts"): (
        "companyID firstName lastName title emailAddress emailAddress2 emailAddress3 phone mobilePhone "
        "alternatePhone isActive createDate lastActivityDate"
    ),
    ("autotask", "ContractServiceBundleUnits"): (
        "approveAndPostDate contractID contractServiceBundleID cost endDate internalCurrencyPrice "
        "organizationalLevelAssociationID price serviceBundleID startDate units"
    ),
    ("autotask", "ContractServiceBundles"): (
        "adjustedPrice contractID internalCurrencyAdjustedPrice internalCurrencyUnitPrice internalDescription "
        "invoiceDescription quoteItemID serviceBundleID unitPrice"
    ),
    ("autotask", "ContractServiceUnits"): (
        "contractID contractServiceID serviceID units price cost startDate endDate approveAndPostDate"
    ),
    ("autotask", "ContractServices"): (
        "contractID serviceID unitPrice unitCost invoiceDescription internalDescription"
    ),
    ("autotask", "Contracts"): (
        "companyID contractName contractNumber contractType contractPeriodType startDate endDate status"
    ),
    ("autotask", "Resources"): ("firstName lastName email isActive licenseType"),
    ("autotask", "Services"): ("name description unitPrice unitCost periodType isActive lastModifiedDate"),
    ("autotask", "Tickets"): (
        "ticketNumber title companyID contactID configurationItemID contractID assignedResourceID status "
        "priority queueID issueType subIssueType ticketType ticketCategory source createDate dueDateTime "
        "completedDate lastActivityDate externalID"
    ),
    ("autotask", "picklists"): ("entity field value label isDefaultValue sortOrder parentValue isActive isSystem"),
    ("m365", "alerts_v2"): (
        "title severity status category serviceSource detectorId createdDateTime resolvedDateTime tenantId evidence"
    ),
    ("m365", "conditionalAccessPolicies"): (
        "displayName createdDateTime modifiedDateTime state templateId conditions grantControls sessionControls"
    ),
    ("m365", "delegatedAdminRelationships"): ("displayName customer status duration createdDateTime endDateTime"),
    ("m365", "devices"): (
        "accountEnabled approximateLastSignInDateTime deviceId displayName isCompliant isManaged "
        "operatingSystem operatingSystemVersion registrationDateTime trustType"
    ),
    ("m365", "directoryRoles"): ("deletedDateTime description displayName roleTemplateId members"),
    ("m365", "domains"): ("authenticationType isDefault isInitial isRoot isVerified supportedServices"),
    ("m365", "groups"): (
        "displayName mail mailEnabled securityEnabled groupTypes membershipRule onPremisesSyncEnabled "
        "createdDateTime members"
    ),
    ("m365", "managedDevices"): (
        "azureADDeviceId complianceState complianceGracePeriodExpirationDateTime deviceName "
        "easActivationDateTime enrolledDateTime ethernetMacAddress lastSyncDateTime managementState "
        "operatingSystem osVersion physicalMemoryInBytes serialNumber userId userPrincipalName wiFiMacAddress"
    ),
    ("m365", "organization"): (
        "displayName country countryLetterCode createdDateTime onPremisesSyncEnabled tenantType "
        "directorySizeQuota verifiedDomains"
    ),
    ("m365", "secureScores"): (
        "azureTenantId activeUserCount createdDateTime currentScore enabledServices licensedUserCount "
        "maxScore averageComparativeScores controlScores vendorInformation"
    ),
    ("m365", "securityDefaults"): ("displayName description isEnabled"),
    ("m365", "signInActivity"): ("signInActivity"),
    ("m365", "subscribedSkus"): (
        "accountName appliesTo capabilityStatus consumedUnits prepaidUnits skuId skuPartNumber"
    ),
    ("m365", "userRegistrationDetails"): (
        "userPrincipalName userDisplayName isAdmin isMfaRegistered isMfaCapable isPasswordlessCapable "
        "isSsprRegistered isSsprEnabled isSsprCapable lastUpdatedDateTime methodsRegistered "
        "isSystemPreferredAuthenticationMethodEnabled systemPreferredAuthenticationMethods "
        "userPreferredMethodForSecondaryAuthentication userType"
    ),
    ("m365", "users"): (
        "displayName givenName surname userPrincipalName mail proxyAddresses businessPhones mobilePhone "
        "userType accountEnabled assignedLicenses createdDateTime onPremisesSyncEnabled signInActivity"
    ),
    ("sophos", "accountHealthCheck"): ("tenant endpoint networkDevice"),
    ("sophos", "alerts"): (
        "allowedActions category description managedAgent person product raisedAt severity tenant type"
    ),
    ("sophos", "directoryUsers"): ("name firstName lastName email exchangeLogin groups tenant source createdAt"),
    ("sophos", "endpoints"): (
        "type tenant hostname health os ipv4Addresses ipv6Addresses macAddresses associatedPerson "
        "tamperProtectionSupported tamperProtectionEnabled assignedProducts lastSeenAt serialNumber isolation "
        "cloned online"
    ),
    ("sophos", "firewalls"): (
        "serialNumber name hostname tenant externalIpv4Addresses firmwareVersion model status cluster "
        "stateChangedAt capabilities createdAt updatedAt"
    ),
    ("sophos", "licenses"): ("licenseIdentifier product startDate endDate perpetual type unlimited quantity usage"),
    ("sophos", "tenants"): ("showAs name dataGeography dataRegion billingType partner apiHost status"),
}
"""(vendor, resource) → top-level fields, as the vendor spells them. Read as text: JSON where the vendor nests."""
