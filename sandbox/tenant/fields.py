"""The fields of Graph's objects, as Microsoft's metadata lists them."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


USER_LISTS = _names("""
    assignedLicenses assignedPlans businessPhones onPremisesProvisioningErrors otherMails
    proxyAddresses
""")
"""A user's fields that are empty lists, where others are null."""
USER_FIELDS = frozenset(USER_LISTS) | frozenset(
    _names("""
        id deletedDateTime accountEnabled companyName createdDateTime creationType department
        displayName employeeHireDate employeeId employeeLeaveDateTime employeeType
        externalUserState givenName isManagementRestricted jobTitle lastPasswordChangeDateTime
        mail mobilePhone officeLocation onPremisesDistinguishedName onPremisesDomainName
        onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime
        onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
        onPremisesUserPrincipalName passwordPolicies preferredLanguage securityIdentifier surname
        usageLocation userPrincipalName userType
    """)
)
ADVANCED_USER_FIELDS = frozenset(
    _names("""
        companyName employeeHireDate employeeType mobilePhone officeLocation
        onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime
        onPremisesSamAccountName passwordPolicies preferredLanguage
    """)
)
"""Fields by which users are found by an advanced query only, whatever the operator.

Source: "Support for filter by properties of directory objects",
https://learn.microsoft.com/graph/aad-advanced-queries, read on 29 November 2026."""
UNFILTERED_USER_FIELDS = frozenset(
    _names("""
        employeeLeaveDateTime externalUserState isManagementRestricted lastPasswordChangeDateTime
        onPremisesDistinguishedName onPremisesDomainName onPremisesProvisioningErrors
        securityIdentifier
    """)
)
"""Fields that the same table does not list: "do not support $filter at all"."""
USER_DEFAULTS = _names("""
    businessPhones displayName givenName jobTitle mail mobilePhone officeLocation
    preferredLanguage surname userPrincipalName id
""")
"""What Graph shows of a user when `$select` does not ask for anything else."""

GROUP_LISTS = _names("assignedLicenses groupTypes onPremisesProvisioningErrors proxyAddresses")
"""A group's fields that are empty lists, where others are null."""
GROUP_FIELDS = frozenset(GROUP_LISTS) | frozenset(
    _names("""
        id deletedDateTime classification createdDateTime description displayName
        expirationDateTime isAssignableToRole isManagementRestricted mail mailEnabled
        mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
        onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName
        onPremisesSecurityIdentifier onPremisesSyncEnabled preferredLanguage renewedDateTime
        securityEnabled securityIdentifier visibility
    """)
)

REGISTRATION_FIELDS = _names("""
    id isAdmin isMfaCapable isMfaRegistered isPasswordlessCapable isSsprCapable isSsprEnabled
    isSsprRegistered isSystemPreferredAuthenticationMethodEnabled lastUpdatedDateTime
    methodsRegistered userDisplayName userPrincipalName userType
""")
AUDIT_FIELDS = _names("""
    id activityDateTime activityDisplayName category correlationId loggedByService result
    initiatedBy operationType resultReason
""")
