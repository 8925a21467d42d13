"""The property names Graph knows per type, so that selecting another is refused as the vendor does."""


def _names(text: str) -> list[str]:
    return text.split()


USER = _names(
    "id deletedDateTime aboutMe accountEnabled ageGroup assignedLicenses assignedPlans businessPhones city "
    "companyName consentProvidedForMinor country createdDateTime creationType department displayName "
    "employeeHireDate employeeId employeeOrgData employeeType externalUserState externalUserStateChangeDateTime "
    "faxNumber givenName identities imAddresses isResourceAccount jobTitle lastPasswordChangeDateTime "
    "legalAgeGroupClassification licenseAssignmentStates mail mailNickname mobilePhone officeLocation "
    "onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId "
    "onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName "
    "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies "
    "passwordProfile postalCode preferredDataLocation preferredLanguage provisionedPlans proxyAddresses "
    "securityIdentifier serviceProvisioningErrors showInAddressList signInActivity "
    "signInSessionsValidFromDateTime state streetAddress surname usageLocation userPrincipalName userType"
)

GROUP = _names(
    "id deletedDateTime assignedLabels assignedLicenses classification createdDateTime creationOptions "
    "description displayName expirationDateTime groupTypes hasMembersWithLicenseErrors isArchived "
    "isAssignableToRole isManagementRestricted licenseProcessingState mail mailEnabled mailNickname "
    "membershipRule membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime "
    "onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier "
    "onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime "
    "resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier "
    "serviceProvisioningErrors theme uniqueName visibility"
)

DEVICE = _names(
    "id deletedDateTime accountEnabled alternativeSecurityIds approximateLastSignInDateTime "
    "complianceExpirationDateTime createdDateTime deviceCategory deviceId deviceMetadata deviceOwnership "
    "deviceVersion displayName enrollmentProfileName enrollmentType isCompliant isManaged isManagementRestricted "
    "isRooted managementType manufacturer mdmAppId model onPremisesLastSyncDateTime onPremisesSecurityIdentifier "
    "onPremisesSyncEnabled operatingSystem operatingSystemVersion physicalIds profileType registrationDateTime "
    "systemLabels trustType"
)

MANAGED_DEVICE = _names(
    "id activationLockBypassCode androidSecurityPatchLevel azureADDeviceId azureADRegistered "
    "complianceGracePeriodExpirationDateTime complianceState configurationManagerClientEnabledFeatures "
    "deviceActionResults deviceCategoryDisplayName deviceEnrollmentType deviceHealthAttestationState deviceName "
    "deviceRegistrationState easActivated easActivationDateTime easDeviceId emailAddress enrolledDateTime "
    "enrollmentProfileName ethernetMacAddress exchangeAccessState exchangeAccessStateReason "
    "exchangeLastSuccessfulSyncDateTime freeStorageSpaceInBytes iccid imei isEncrypted isSupervised jailBroken "
    "lastSyncDateTime managedDeviceName managedDeviceOwnerType managementAgent "
    "managementCertificateExpirationDate managementState manufacturer meid model notes operatingSystem osVersion "
    "partnerReportedThreatState phoneNumber physicalMemoryInBytes remoteAssistanceSessionErrorDetails "
    "remoteAssistanceSessionUrl requireUserEnrollmentApproval serialNumber subscriberCarrier "
    "totalStorageSpaceInBytes udid userDisplayName userId userPrincipalName wiFiMacAddress"
)
