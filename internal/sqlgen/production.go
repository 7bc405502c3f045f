package sqlgen

import "github.com/gotenancy/tenancy/tenant"

// prod is a production of the grammar.
type prod uint16

// dialects is a set of dialects.
type dialects uint8

const (
	pg dialects = 1 << iota
	my
	lite

	all    = pg | my | lite
	pgLite = pg | lite
	pgMy   = pg | my
	myLite = my | lite
)

func dialectSet(d tenant.Dialect) dialects {
	switch d {
	case tenant.Postgres:
		return pg
	case tenant.MySQL:
		return my
	case tenant.SQLite:
		return lite
	}
	return 0
}

// Names of productions that tell an oracle how to judge a statement.
const (
	// Partial: an expression fails on some values, so that whether the statement
	// fails may depend on the order in which the server evaluates conditions.
	Partial = "partial"

	// NamesTenant: the tenant column is named, so that the statement means
	// nothing where there is no such column.
	NamesTenant = "tenant column"

	// LikeTenant: something is named that is spelled like a tenant column but is
	// none, a table or a shared table's column. A star may keep the tenant column
	// then.
	LikeTenant = "name: like a tenant column"

	// MixedWrite: it writes to a Mixed table. A tenant that is alone could change
	// everybody's rows too, or meet them by a key.
	MixedWrite = "write: mixed table"

	// GlobalKey: a value is given for a key of Policy.GloballyUnique that another
	// tenant may have, in which case the error tells.
	GlobalKey = "global key"
)

const (
	pNone prod = iota

	// statements
	pSelect
	pInsert
	pUpdate
	pDelete
	pMerge

	// tables by class
	pTenantTable
	pSharedTable
	pSharedWritable
	pMixedTable
	pMixedWrite

	// names
	pTenantLike
	pNameQuoted
	pNameCase
	pNoAlias
	pUnqualified
	pSchemaName
	pSchemaColumn
	pQualifiedBesideCTE
	pNoLabel
	pOddLabel

	// placeholders
	pPlaceholder
	pReusedPlaceholder
	pDisorder
	pNumbered
	pColonName
	pAtName
	pDollarName

	// from
	pJoinAny
	pJoin
	pLeftJoin
	pRightJoin
	pFullJoin
	pCrossJoin
	pStraightJoin
	pNaturalJoin
	pNaturalLeft
	pNaturalRight
	pNaturalFull
	pUsing
	pNoOn
	pComma
	pNestedJoin
	pTrailingOn
	pAliasedJoin
	pDerived
	pLateral
	pColumnList
	pTableColumnList
	pValuesTable
	pTableFunction
	pJSONTable
	pOnly
	pTablesample
	pIndexHint

	// with
	pWith
	pSeveralCTEs
	pCTERef
	pCTEColumns
	pMaterialized
	pRecursive
	pRecursiveTable
	pCTEIsTable
	pCTEIsTableLite
	pWriteCTE

	// queries
	pWhere
	pStar
	pTableStar
	pStarAndMore
	pDistinct
	pDistinctOn
	pNoFrom
	pValues
	pValuesSub
	pTableStatement
	pGroupBy
	pGroupingSets
	pRollup
	pCube
	pWithRollup
	pGroupSub
	pHaving
	pHavingSub
	pAggregate
	pFilter
	pWithinGroup
	pListAggregate
	pWindow
	pNamedWindow
	pWindowSub
	pFrameRange
	pFrameRows
	pOrderBy
	pOrderSub
	pNullsFirst
	pLimit
	pOffset
	pFetch
	pLimitSub
	pLimitComma
	pForUpdate

	// set operations
	pSetOperation
	pUnion
	pUnionAll
	pIntersect
	pExcept
	pExceptAll
	pSetParens
	pSetValues
	pSetOrder

	// conditions
	pAnd
	pOr
	pNot
	pParens
	pIsNull
	pBetween
	pInList
	pInSub
	pInValues
	pExists
	pEmptyList
	pQuantified
	pArrayAny
	pLike
	pPattern
	pRowCompare
	pRowIn
	pDistinctFrom
	pNullSafe
	pBoolColumn
	pIsTrue
	pJSONCondition
	pCorrelated

	// values
	pCase
	pCoalesce
	pNullif
	pCast
	pConditional
	pGreatest
	pScalarSub
	pExistsValue
	pArithmetic
	pNumberCall
	pExtract
	pJSONNumber
	pTextCall
	pConcat
	pTextOf
	pNull

	// insert
	pInsertValues
	pInsertSelect
	pInsertDefault
	pInsertEmpty
	pInsertSet
	pInsertAlias
	pInsertIgnore
	pInsertOr
	pInsertWith
	pReplace
	pNoColumnList
	pMultiRow
	pDefaultCell
	pUpsert
	pOnDuplicate
	pConflictTarget
	pOnConstraint
	pDoNothing
	pDoUpdate
	pDoUpdateWhere
	pUpsertSub
	pReturningInsert
	pReturningUpdate
	pReturningDelete
	pReturningSub

	// update, delete
	pUpdateAlias
	pUpdateFrom
	pUpdateDerived
	pUpdateJoin
	pUpdateBoth
	pUpdateIgnore
	pUpdateKey
	pUpdateWith
	pSetRow
	pSetSub
	pSetDefault
	pWriteWhere
	pWriteLimit
	pDeleteAlias
	pDeleteUsing
	pDeleteJoin
	pDeleteBoth
	pDeleteWith

	// merge
	pMergeAlias
	pMergeWith
	pMergeUpdate
	pMergeDelete
	pMergeInsert
	pMergeNothing

	// hostile
	pHostile
	pComment
	pLineComment
	pBlockComment
	pNestedComment
	pHashComment
	pTrailingComment
	pSemicolon
	pOddQuote
	pUnicodeEscape
	pOddString
	pStringTable
	pInTable
	pTwoDashes
	pExecutable
	pDerivedIsTable
	pTenantSet
	pTautology
	pSecondStatement
	pExplain
	pCopy
	pAliasIsTable
	pWholeRow
	pRowCall
	pRowField
	pPartial
	pGlobalKey
	pTenantColumn
	pTenantCondition
	pTenantValue
	pTenantOrder
	pTenantGiven
)
