"""Machines as Microsoft holds them: the Entra device and the Intune managed device."""

from vendor_sim.devices import Machine
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.moments import FOREVER, NEVER, stamp
from vendor_sim.spelling import serial

UNREGISTERED = "00000000-0000-0000-0000-000000000000"
_ENTRA_SYSTEM = {"macOS": "MacMDM", "iOS": "IPhone", "Android": "AndroidForWork"}
_VERSIONS = {"Windows": "10.0.26200.7171", "macOS": "14.7.1", "iOS": "17.6.1", "Android": "14.0"}


def entra_device(machine: Machine, dice: Dice) -> Record:
    """One `/devices` row. A Mac known only here is called `macOS`, an enrolled one `MacMDM`."""
    managed = machine.in_intune
    system = _ENTRA_SYSTEM.get(machine.platform, machine.platform) if managed else machine.platform
    return {
        "id": dice.guid(),
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeSecurityIds": [{"type": 2, "identityProvider": None, "key": dice.hexes(24)}],
        "approximateLastSignInDateTime": stamp(machine.seen),
        "complianceExpirationDateTime": None,
        "createdDateTime": stamp(machine.born),
        "deviceCategory": None,
        "deviceId": machine.device_id,
        "deviceMetadata": None,
        "deviceOwnership": "Company" if managed else None,
        "deviceVersion": 2,
        "displayName": machine.host,
        "enrollmentProfileName": None,
        "enrollmentType": "AzureDomainJoined" if managed else None,
        "isCompliant": dice.chance(0.85) if managed else None,
        "isManaged": True if managed else None,
        "isRooted": False if machine.kind == "mobile" else None,
        "managementType": "MDM" if managed else None,
        "manufacturer": machine.maker,
        "mdmAppId": "0000000a-0000-0000-c000-000000000000" if managed else None,
        "model": machine.model,
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "operatingSystem": system,
        "operatingSystemVersion": _VERSIONS[machine.platform],
        "physicalIds": [f"[USER-HWID]:{dice.guid()}:{dice.digits(16)}"] if dice.chance(0.5) else [],
        "profileType": "RegisteredDevice",
        "registrationDateTime": stamp(machine.born),
        "systemLabels": [],
        "trustType": "Workplace" if machine.kind == "mobile" else dice.weighted((("AzureAd", 0.8), ("ServerAd", 0.2))),
    }


def managed_device(machine: Machine, dice: Dice) -> Record:
    """One `/deviceManagement/managedDevices` row; the list never carries `ethernetMacAddress`."""
    owner, company = machine.owner, machine.kind != "mobile" or dice.chance(0.6)
    registered = machine.in_entra
    encrypted = machine.kind == "mobile" or dice.chance(0.9)
    return {
        "id": dice.guid(),
        "activationLockBypassCode": None,
        "androidSecurityPatchLevel": "2024-10-01" if machine.platform == "Android" else "",
        "azureADDeviceId": machine.device_id if registered else UNREGISTERED,
        "azureADRegistered": registered,
        "complianceGracePeriodExpirationDateTime": FOREVER,
        "complianceState": dice.weighted(
            (("compliant", 0.85), ("noncompliant", 0.1), ("inGracePeriod", 0.04), ("unknown", 0.01))
        ),
        "configurationManagerClientEnabledFeatures": None,
        "deviceActionResults": [],
        "deviceCategoryDisplayName": "",
        "deviceEnrollmentType": "windowsAzureADJoin" if machine.platform == "Windows" else "userEnrollment",
        "deviceHealthAttestationState": None,
        "deviceName": machine.host,
        "deviceRegistrationState": "registered" if registered else "notRegistered",
        "easActivated": False,
        "easActivationDateTime": NEVER,
        "easDeviceId": "",
        "emailAddress": owner.mail if owner else "",
        "enrolledDateTime": stamp(machine.born, 7),
        "ethernetMacAddress": None,
        "exchangeAccessState": "none",
        "exchangeAccessStateReason": "none",
        "exchangeLastSuccessfulSyncDateTime": NEVER,
        "freeStorageSpaceInBytes": dice.between(20, 400) * 2**30,
        "imei": dice.digits(15) if machine.kind == "mobile" else "",
        "isEncrypted": encrypted,
        "isSupervised": False,
        "jailBroken": "Unknown" if machine.kind != "mobile" else "False",
        "lastSyncDateTime": stamp(machine.seen, dice.pick((0, 3, 6, 7))),
        "managedDeviceName": f"{owner.first[1] if owner else 'user'}_{machine.platform}_{stamp(machine.born)[:10]}",
        "managedDeviceOwnerType": "company" if company else "personal",
        "managementAgent": "mdm",
        "managementCertificateExpirationDate": stamp(machine.seen.replace(year=machine.seen.year + 1, day=1)),
        "manufacturer": machine.maker,
        "meid": "",
        "model": machine.model,
        "notes": None,
        "operatingSystem": machine.platform,
        "osVersion": _VERSIONS[machine.platform],
        "partnerReportedThreatState": "unknown",
        "phoneNumber": "",
        "physicalMemoryInBytes": 0,
        "serialNumber": _serial(machine, dice),
        "subscriberCarrier": "",
        "totalStorageSpaceInBytes": 476 * 2**30,
        "udid": None,
        "userDisplayName": owner.display_name if owner else "",
        "userId": owner.user_id if owner else "",
        "userPrincipalName": owner.upn if owner else "",
        "wiFiMacAddress": machine.wifi or ("" if dice.chance(0.5) else None),
    }


def _serial(machine: Machine, dice: Dice) -> str | None:
    if machine.kind == "mobile":
        return machine.serial if dice.chance(0.9) else ""
    found = serial(machine.serial, dice)
    return found.strip() if found else found
